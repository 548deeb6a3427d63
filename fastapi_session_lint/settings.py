"""The options, declared once: their names, types and defaults; parsing, documentation and checks read this table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

TABLE = "fastapi-session-lint"
_VERSION = re.compile(r"\d+(\.\d+)*\w*")
DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn", ".tox",
    ".venv", ".fsl_cache", "__pycache__", "__pypackages__", "_build", "buck-out", "build", "dist", "node_modules",
    "site-packages", "venv",
)  # fmt: skip
DEFAULT_FACTORY_NAMES = (
    "SessionLocal", "SessionFactory", "SessionMaker", "AsyncSessionLocal", "AsyncSessionFactory", "AsyncSessionMaker",
    "LocalSession", "AsyncLocalSession", "LocalAsyncSession", "session_factory", "session_maker",
    "async_session_factory", "async_session_maker", "async_sessionmaker_", "ScopedSession",
)  # fmt: skip


class InvalidSettings(Exception):
    """A configuration or selection that cannot be used; the message is one line for the user."""


def _option(default: Any, doc: str, choices: tuple[str, ...] = ()) -> Any:
    """A field of Settings with its documentation and, for a closed set of words, the words."""
    return field(default=default, metadata={"doc": doc, "choices": choices})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked for. A key in a configuration file is the field's name with hyphens.

    `select` None means the default set; versions None mean what the project says, else the newest release.
    """

    select: tuple[str, ...] | None = _option(None, "Codes or prefixes to report; ALL is every rule.")
    ignore: tuple[str, ...] = _option((), "Codes or prefixes to leave out; the longer prefix wins over select.")
    extend_select: tuple[str, ...] = _option((), "Codes or prefixes to add to the selection.")
    extend_ignore: tuple[str, ...] = _option((), "Codes or prefixes to add to those left out.")
    exclude: tuple[str, ...] = _option(DEFAULT_EXCLUDE, "Folders and gitignore-like patterns that are not read.")
    extend_exclude: tuple[str, ...] = _option((), "Patterns to add to exclude.")
    force_exclude: bool = _option(False, "Leave out excluded files even when they are named on the command line.")
    respect_gitignore: bool = _option(True, "Leave out what .gitignore files name.")
    src: tuple[str, ...] = _option((), "Folders from which absolute imports start, besides those found.")
    target_version: str | None = _option(None, "The Python version that the project runs on, as 3.12.")
    sqlalchemy_version: str | None = _option(None, "The SQLAlchemy version that the project uses, as 2.0.")
    sqlmodel_version: str | None = _option(None, "The SQLModel version that the project uses, as 0.0.22.")
    fastapi_version: str | None = _option(None, "The FastAPI version that the project uses, as 0.115.")
    session_factory_names: tuple[str, ...] = _option(
        DEFAULT_FACTORY_NAMES, "Names that are taken for session factories when their import cannot be followed."
    )
    output_format: str = _option("full", "The form of the report.", ("full", "concise", "json"))
    fail_on: str = _option("warning", "The least severity that makes the exit code 1.", ("error", "warning", "info"))


def parse(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The options of one configuration table, by field name, checked for name and type.

    `where` names the table's file in messages. Raises InvalidSettings, naming the nearest known key.
    """
    known = {one.name.replace("_", "-"): one for one in fields(Settings)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise InvalidSettings(f"{where}: unknown key `{key}`{hint}")
        values[known[key].name] = _checked(f"{where}: `{key}`", str(known[key].type), value)
        if key.endswith("-version") and not _VERSION.fullmatch(value):
            raise InvalidSettings(f"{where}: `{key}` must be a version, as in {known[key].metadata['doc'].split()[-1]}")
        words = choices(known[key].name)
        if words and value not in words:
            raise InvalidSettings(f"{where}: `{key}` must be one of {', '.join(words)}")
    return values


def choices(option: str) -> tuple[str, ...]:
    """The words that an option, by its field name, may be; empty where it is not such an option."""
    words: tuple[str, ...] = next(one for one in fields(Settings) if one.name == option).metadata["choices"]
    return words


def _checked(what: str, kind: str, value: Any) -> Any:
    """The value in the form of its field, given the field's annotation."""
    if kind.startswith("tuple"):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise InvalidSettings(f"{what} must be a list of strings")
    wanted = bool if kind == "bool" else str
    if isinstance(value, wanted):
        return value
    raise InvalidSettings(f"{what} must be {'true or false' if wanted is bool else 'a string'}")


def nearest_code(text: str, codes: Iterable[str]) -> str | None:
    """The code that a mistyped one most likely means; letters that look like digits are read as these."""
    known = sorted(codes)
    digits = text.upper()[:3] + text.upper()[3:].translate(_LOOK_LIKE_DIGITS)
    return next(iter(difflib.get_close_matches(digits, known, 1)), None)


_LOOK_LIKE_DIGITS = str.maketrans("OQILZSB", "0011258")


def selected(settings: Settings, defaults: Mapping[str, bool]) -> frozenset[str]:
    """The codes that a run reports, given each known code and whether it is on by default.

    As in Ruff, the longest prefix that names a code decides between select and ignore; on a tie, ignore wins.

    Raises InvalidSettings for a selector that no rule has.
    """
    chosen = settings.select is not None
    wanted = (settings.select or ()) + settings.extend_select
    unwanted = settings.ignore + settings.extend_ignore
    for selector in wanted + unwanted:
        if selector != "ALL" and not (selector and any(code.startswith(selector) for code in defaults)):
            near = nearest_code(selector, defaults)
            raise InvalidSettings(f"unknown rule `{selector}`" + (f"; did you mean `{near}`?" if near else ""))
    return frozenset(
        code
        for code, on in defaults.items()
        if _rank(code, wanted, 0 if on and not chosen else -1) > _rank(code, unwanted, -1)
    )


def _rank(code: str, selectors: tuple[str, ...], otherwise: int) -> int:
    """The length of the longest selector that names the code; 0 for ALL or the default set, -1 for none."""
    lengths = [0 if one == "ALL" else len(one) for one in selectors if one == "ALL" or code.startswith(one)]
    return max(lengths, default=otherwise)
