"""What is good to know about the set-up of a project: whether Ruff would take out comments that are meant for us."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH123

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import Any

from fastapi_session_lint.runner import Sources
from fastapi_session_lint.selection import rank
from fastapi_session_lint.work import Work

_OURS = re.compile(rb"#\s*noqa:[^\r\n]*?\b(FSL\d*)", re.IGNORECASE)
_FILES = (".ruff.toml", "ruff.toml", "pyproject.toml")
_REMOVING = ("RUF100", "RUF102")
"""The rules of Ruff that take out `# noqa` codes it does not know."""


def ruff_hint(work: Iterable[Work], sources: Sources) -> str | None:
    """A line about the first file with a `# noqa` of ours that Ruff, as it is set up there, would take out."""
    configurations: dict[str, tuple[str, dict[str, Any]] | None] = {}
    for one in work:
        for path in sorted(one.report):
            found = _OURS.search(sources[path].data)
            folder = posixpath.dirname(path)
            if found is None:
                continue
            if folder not in configurations:
                configurations[folder] = _ruff_of(folder)
            settings = configurations[folder]
            code = found[1].decode().upper()
            if settings is not None and _removes(settings[1], code):
                return (
                    f"Ruff removes `# noqa: {code}`, which it does not know; "
                    f'add `external = ["FSL"]` to the lint settings in {settings[0]}'
                )
    return None


def _ruff_of(folder: str) -> tuple[str, dict[str, Any]] | None:
    """The nearest file at or above a folder that sets Ruff up, and what it says."""
    while True:
        for name in _FILES:
            table = _table(posixpath.join(folder, name), name == _FILES[-1])
            if table is not None:
                return posixpath.join(folder, name), table
        if folder == posixpath.dirname(folder):
            return None
        folder = posixpath.dirname(folder)


def _table(path: str, is_shared: bool) -> dict[str, Any] | None:
    import tomllib  # most runs meet no comment of this kind

    try:
        with open(path, "rb") as stream:
            table: Any = tomllib.load(stream)
    except (OSError, ValueError, RecursionError):
        return None
    if is_shared:
        table = table.get("tool", {})
        table = table.get("ruff") if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _removes(settings: dict[str, Any], code: str) -> bool:
    """Whether Ruff would take the code out, as far as this file alone tells; one that it extends may say anything."""
    lint = settings.get("lint", {})
    if "extend" in settings or not isinstance(lint, dict):
        return False

    def told(name: str) -> list[str]:
        values = [*_strings(settings.get(name)), *_strings(lint.get(name))]
        return [one for one in values if isinstance(one, str)]

    if rank(code, told("external")) >= 0:
        return False
    wanted, unwanted = told("select") + told("extend-select"), told("ignore") + told("extend-ignore")
    return any(rank(one, wanted) > rank(one, unwanted) for one in _REMOVING)


def _strings(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
