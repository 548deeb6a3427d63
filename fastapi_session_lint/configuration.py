"""Which settings hold for a file, and which folder is its project: both are found upward from it."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH110, PTH111

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from fastapi_session_lint.files import absolute
from fastapi_session_lint.option_files import NAMES, SHARED, mentions_us, read_table
from fastapi_session_lint.patterns import anchored, is_name
from fastapi_session_lint.settings import TABLE, InvalidSettings, Kind, Settings, options

_REPOSITORY = ".git"
MARKERS = (SHARED, "setup.cfg", "setup.py")
_SELECTION = ("select", "ignore", "extend_select", "extend_ignore")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings with where they come from. `path` is None when no file says anything.

    Paths in the settings are absolute; relative ones in the file started at `folder`. `overriding` are the codes and
    prefixes in them that no file says, but a command line.
    """

    settings: Settings
    folder: str
    path: str | None = None
    overriding: frozenset[str] = frozenset()


class Configurations:
    """The configuration of each folder, read once. As in Ruff the nearest file that has one counts alone."""

    def __init__(
        self,
        overrides: Mapping[str, Any] | None = None,
        *,
        isolated: Settings | None = None,
        path: str | None = None,
    ) -> None:
        """`overrides` are options by field name, as from a command line: they win.

        Where `isolated` is given no file is read, and it holds everywhere instead; so does the file at `path`, if it is
        given. Relative folders and patterns in all of these start at the current folder. Raises InvalidSettings.
        """
        here = absolute(".")
        self._overrides = _anchored(overrides or {}, here)
        self._everywhere: Configuration | None = None
        if path is not None:
            self._everywhere = self._named(absolute(path), here)
        elif isolated is not None:
            self._everywhere = Configuration(override(isolated, self._overrides), here)
        self._known: dict[str, Configuration | None] = {}

    def of(self, folder: str) -> Configuration:
        """What holds in a folder. Raises InvalidSettings for a file at or above it that is broken."""
        if self._everywhere is not None:
            return self._everywhere
        return self._upward(folder) or Configuration(override(Settings(), self._overrides), folder)

    def inside(self, folder: str, around: Configuration) -> Configuration:
        """What holds in a folder that has a configuration file of its own, given what holds around it.

        A template or a test's data may be no TOML at all; below the folders that were asked for a file matters only
        when it names us.
        """
        if self._everywhere is not None or not any(mentions_us(posixpath.join(folder, name)) for name in NAMES):
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
            paths = (posixpath.join(folder, name) for name in NAMES)
            self._known[folder] = next((found for path in paths if (found := self._read(path, folder))), None)
        return self._known[folder]

    def _named(self, path: str, folder: str) -> Configuration:
        """The configuration of a file that was asked for."""
        if not os.path.exists(path):
            raise InvalidSettings(f"{path}: no such file")
        found = self._read(path, folder)
        if found is None:
            raise InvalidSettings(f"{path}: has no table `tool.{TABLE}`")
        return found

    def _read(self, path: str, folder: str) -> Configuration | None:
        """The configuration in a file, whose relative paths start at `folder`; None when it has none."""
        values = read_table(path)
        if values is None:
            return None
        settings = _extended(_anchored(values, folder), path, (path,))
        return Configuration(override(settings, self._overrides), folder, path, _codes(self._overrides))


def _extended(values: Mapping[str, Any], path: str, above: tuple[str, ...]) -> Settings:
    """The settings of a file, laid over those of the file that it extends, and so on; `above` are the files so far."""
    base = values.get("extend")
    if base is None:
        return override(Settings(), values)
    if base in above:
        raise InvalidSettings(f"{path}: `extend` leads back to {base}")
    found = read_table(base)
    if found is None:
        what = f"has no table `tool.{TABLE}`" if os.path.exists(base) else "no such file"
        raise InvalidSettings(f"{path}: `extend`: {base}: {what}")
    settings = _extended(_anchored(found, posixpath.dirname(base)), base, (*above, base))
    merged = {"extend_exclude": settings.extend_exclude + values.get("extend_exclude", ())}
    return override(settings, {**values, **merged})


def _codes(values: Mapping[str, Any]) -> frozenset[str]:
    """The codes and prefixes in the lists of some options."""
    fields_of_codes = [one.field for one in options() if one.declared.kind is Kind.CODES]
    return frozenset(code for name in fields_of_codes for code in values.get(name) or ())


def _anchored(values: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """The options with the paths in them absolute, those that are relative starting at `folder`."""
    kinds = {one.field: one.declared.kind for one in options()}
    return {name: _placed(kinds[name], value, folder) for name, value in values.items()}


def _placed(kind: Kind, value: Any, folder: str) -> Any:
    match kind:
        case Kind.FOLDERS:
            return tuple(_path(one, folder) for one in value)
        case Kind.FILE | Kind.FOLDER:
            return _path(value, folder)
        case Kind.PATTERNS:
            return tuple(one if is_name(one) else anchored(one, folder) for one in value)
        case Kind.CODES_BY_PATTERN:
            return tuple((anchored(pattern, folder), codes) for pattern, codes in value)
        case _:
            return value


def _path(text: str, folder: str) -> str:
    return posixpath.normpath(posixpath.join(folder, os.path.expanduser(text)))


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


def project_root(folder: str) -> str | None:
    """The top of the repository that a folder lies in, else the nearest folder above that looks like a project's top.

    The parts of a repository import each other whether or not each has a manifest of its own, and a file shall be
    understood the same however it is named. The home folder and the root of the file system are never taken: what lies
    below them is not one project.
    """
    return _nearest(folder, (_REPOSITORY,)) or _nearest(folder, MARKERS)


def _nearest(folder: str, markers: Iterable[str]) -> str | None:
    home = os.path.expanduser("~").replace(os.sep, "/")
    while folder not in (home, posixpath.dirname(folder)):
        if any(os.path.lexists(posixpath.join(folder, marker)) for marker in markers):
            return folder
        folder = posixpath.dirname(folder)
    return None
