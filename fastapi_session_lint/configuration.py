"""Which settings hold for a file, and which folder is its project: both are found upward from it."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH111, PTH123

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from fastapi_session_lint.files import absolute, reason
from fastapi_session_lint.options import parse
from fastapi_session_lint.settings import TABLE, InvalidSettings, Kind, Settings, options

FILE = "pyproject.toml"
MARKERS = (FILE, ".git", "setup.cfg", "setup.py")
_SELECTION = ("select", "ignore", "extend_select", "extend_ignore")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings with where they come from. `path` is None when no file says anything.

    Relative patterns and folders in the settings start at `folder`.
    """

    settings: Settings
    folder: str
    path: str | None = None


class Configurations:
    """The configuration of each folder, read once. As in Ruff the nearest file with our table counts alone."""

    def __init__(self, overrides: Mapping[str, Any] | None = None, *, isolated: Settings | None = None) -> None:
        """`overrides` are options by field name, as from a command line: they win.

        Relative folders in them start at the current one.

        Where `isolated` is given no file is read, and it holds everywhere instead.
        """
        self._overrides = _anchored(overrides or {}, absolute("."))
        self._isolated = isolated
        self._known: dict[str, Configuration | None] = {}

    def of(self, folder: str) -> Configuration:
        """What holds in a folder. Raises InvalidSettings for a file at or above it that is broken."""
        found = self._upward(folder) if self._isolated is None else None
        return found or Configuration(override(self._isolated or Settings(), self._overrides), folder)

    def inside(self, folder: str, around: Configuration) -> Configuration:
        """What holds in a folder that has a pyproject.toml of its own, given what holds around it.

        A template or a test's data may be no TOML at all; below the folders that were asked for a file matters only
        when it names us.
        """
        if self._isolated is not None or not _mentions_us(posixpath.join(folder, FILE)):
            return around
        return self._at(folder) or around

    def _upward(self, folder: str) -> Configuration | None:
        while True:
            found = self._at(folder)
            parent = posixpath.dirname(folder)
            if found is not None or parent == folder:
                return found
            folder = parent

    def _at(self, folder: str) -> Configuration | None:
        """The configuration that the folder's own file gives; None when it has none."""
        if folder not in self._known:
            path = posixpath.join(folder, FILE)
            values = _read_table(path)
            self._known[folder] = None if values is None else self._configuration(values, folder, path)
        return self._known[folder]

    def _configuration(self, values: dict[str, Any], folder: str, path: str) -> Configuration:
        return Configuration(override(Settings(**_anchored(values, folder)), self._overrides), folder, path)


def _anchored(values: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """The options with the folders in them as absolute paths, those that are relative starting at `folder`."""
    folders = (one.field for one in options() if one.declared.kind is Kind.FOLDERS and one.field in values)
    absolute_ones = {
        name: tuple(posixpath.normpath(posixpath.join(folder, one)) for one in values[name]) for name in folders
    }
    return {**values, **absolute_ones}


def override(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """The settings with later ones laid over them.

    As in Ruff a later `select` starts the selection anew; without it, what is later selected or ignored is taken out
    of its opposite, so that the later word counts.
    """
    if values.get("select") is not None:
        fresh = {one.name: one.default for one in fields(Settings) if one.name in _SELECTION}
        return replace(settings, **{**fresh, **values})
    wanted, unwanted = values.get("extend_select", ()), values.get("ignore", ()) + values.get("extend_ignore", ())
    select = settings.select
    layered = {
        "select": select if select is None else _without(select, unwanted),
        "extend_select": _without(settings.extend_select, unwanted) + wanted,
        "ignore": _without(settings.ignore, wanted) + unwanted,
        "extend_ignore": _without(settings.extend_ignore, wanted),
    }
    return replace(settings, **{**values, **layered})


def _without(selectors: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The selectors that none of the others covers."""
    return tuple(one for one in selectors if not ("ALL" in others or one.startswith(others)))


def _read_table(path: str) -> dict[str, Any] | None:
    """The options in our table of a TOML file, checked; None when there is no such file or table."""
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise InvalidSettings(f"{path}: {reason(error)}") from error
    tools = _load(path, data).get("tool")
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise InvalidSettings(f"{path}: `tool.{TABLE}` must be a table")
    return parse(table, path)


def _load(path: str, data: bytes) -> dict[str, Any]:
    import tomllib  # a run without any pyproject.toml need not wait for this import

    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise InvalidSettings(f"{path}: not valid UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(f"{path}:{_broken_toml(str(error), data)}") from error
    except RecursionError as error:
        raise InvalidSettings(f"{path}: broken TOML: nested too deep") from error


def _broken_toml(message: str, data: bytes) -> str:
    """The message of tomllib with its place in front, as editors and terminals know it."""
    place = _TOML_PLACE.search(message)
    row, column = (place[1], place[2]) if place and place[1] else (data.count(b"\n") + 1, 1)
    return f"{row}:{column}: broken TOML: {_TOML_PLACE.sub('', message)}"


def _mentions_us(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return TABLE.encode() in stream.read()
    except OSError:
        return False


def project_root(folder: str) -> str | None:
    """The nearest folder, from this one upward, that looks like a project's top.

    The home folder and the root of the file system are never taken: what lies below them is not one project.
    """
    home = os.path.expanduser("~").replace(os.sep, "/")
    while folder not in (home, posixpath.dirname(folder)):
        if any(os.path.lexists(posixpath.join(folder, marker)) for marker in MARKERS):
            return folder
        folder = posixpath.dirname(folder)
    return None
