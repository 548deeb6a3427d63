"""Which Python files lie below a folder, once excluded and ignored ones are left out.

A folder is listed once, its files are not opened, and pathspec is imported only for patterns beyond plain names.
"""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH123

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from fastapi_session_lint.configuration import Configuration, Configurations, project_root
from fastapi_session_lint.option_files import NAMES
from fastapi_session_lint.patterns import EVERYWHERE, Patterns, is_name, matches, patterns

_IGNORE_FILE = ".gitignore"


class Found(NamedTuple):
    """A Python file and the configuration that holds for it."""

    path: str
    configuration: Configuration


class Exclusion:
    """What one configuration leaves out: plain names by look-up, the rest as patterns."""

    def __init__(self, entries: tuple[str, ...]) -> None:
        self.names = frozenset(filter(is_name, entries))
        self.patterns = patterns((one for one in entries if one not in self.names), EVERYWHERE, None)


class Place(NamedTuple):
    """A folder on the way, and what holds for its entries. `patterns` are of .gitignore files."""

    folder: str
    configuration: Configuration
    exclusion: Exclusion
    patterns: Patterns | None

    def leaves_out(self, path: str, name: str, is_folder: bool) -> bool:
        """Whether the entry `name` of this folder, at `path`, is excluded or ignored."""
        return (
            name in self.exclusion.names
            or matches(self.exclusion.patterns, path, is_folder)
            or matches(self.patterns, path, is_folder)
        )


class Discovery:
    """Finds files, remembering the patterns of each configuration."""

    def __init__(self, configurations: Configurations) -> None:
        self._configurations = configurations
        self._exclusions: dict[tuple[str, ...], Exclusion] = {}
        self._names: dict[str, frozenset[str]] = {}

    def names(self, folder: str) -> frozenset[str]:
        """The names of what is in a folder, which is listed once; none where it cannot be."""
        if folder not in self._names:
            self._names[folder] = frozenset(entry.name for entry in _entries(folder))
        return self._names[folder]

    def below(self, folder: str, only_packages: bool = False) -> list[Found]:
        """The Python files below a folder in the order of their paths; the folder itself is never left out.

        Virtual environments are left out. Links to folders are not followed, so that no file is met twice and loops
        end. With `only_packages` a folder without `__init__.py` is not entered. Raises InvalidSettings for broken
        configuration at or above the folder.
        """
        found: list[Found] = []
        places = [self._start(folder)]
        while places:
            around = places.pop()
            entries = _entries(around.folder)
            names = self._names[around.folder] = frozenset(entry.name for entry in entries)
            if around.folder != folder and ("pyvenv.cfg" in names or (only_packages and "__init__.py" not in names)):
                continue
            place = self._enter(around, names)
            for entry in entries:
                path = posixpath.join(place.folder, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if not place.leaves_out(path, entry.name, True):
                        places.append(place._replace(folder=path))
                elif entry.name.endswith(".py") and _is_file(entry) and not place.leaves_out(path, entry.name, False):
                    found.append(Found(path, place.configuration))
        return sorted(found, key=lambda one: one.path)

    def leaves_out(self, path: str) -> bool:
        """Whether a file would not be found from the top of its repository or project."""
        folder = posixpath.dirname(path)
        place = self._start(top_of(folder) or folder)
        while True:
            place = self._enter(place, self.names(place.folder))
            name = posixpath.relpath(path, place.folder).partition("/")[0]
            step = posixpath.join(place.folder, name)
            if place.leaves_out(step, name, step != path):
                return True
            if step == path:
                return False
            place = place._replace(folder=step)

    def _start(self, folder: str) -> Place:
        """What holds in a folder by what lies above it.

        Where Git ignores the folder itself, it was asked for all the same, and only what lies in it counts.
        """
        configuration = self._configurations.of(folder)
        ignored = _patterns_above(folder) if configuration.settings.respect_gitignore else None
        if any(matches(ignored, one, True) for one in (folder, *_ancestors(folder))):
            ignored = None
        return Place(folder, configuration, self._exclusion(configuration), ignored)

    def _enter(self, place: Place, names: frozenset[str]) -> Place:
        """The place with what the folder's own files, of the given names, say."""
        configuration, ignored = place.configuration, place.patterns
        if not names.isdisjoint(NAMES):
            configuration = self._configurations.inside(place.folder, configuration)
        if _IGNORE_FILE in names and configuration.settings.respect_gitignore:
            ignored = patterns(_lines(place.folder), place.folder, ignored)
        return Place(place.folder, configuration, self._exclusion(configuration), ignored)

    def _exclusion(self, configuration: Configuration) -> Exclusion:
        entries = configuration.settings.exclude + configuration.settings.extend_exclude
        if entries not in self._exclusions:
            self._exclusions[entries] = Exclusion(entries)
        return self._exclusions[entries]


def _patterns_above(folder: str) -> Patterns | None:
    """The patterns of the .gitignore files above a folder, up to the top of what it belongs to."""
    found: Patterns | None = None
    top = top_of(folder)
    above = [one for one in _ancestors(folder) if top is not None and len(one) >= len(top)]
    for one in reversed(above):
        found = patterns(_lines(one), one, found)
    return found


def top_of(folder: str) -> str | None:
    """The top of the Git repository that the folder lies in, or of its project where there is no repository."""
    repository = (one for one in (folder, *_ancestors(folder)) if os.path.lexists(f"{one}/.git"))
    return next(repository, None) or project_root(folder)


def _ancestors(folder: str) -> Iterator[str]:
    """The folders above, the nearest first."""
    while (parent := posixpath.dirname(folder)) != folder:
        yield parent
        folder = parent


def _lines(folder: str) -> list[str]:
    """The lines of the folder's .gitignore; none where it cannot be read."""
    try:
        with open(posixpath.join(folder, _IGNORE_FILE), encoding="utf-8", errors="replace") as stream:
            return stream.read().removeprefix("\ufeff").splitlines()
    except OSError:
        return []


def _entries(folder: str) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing when it cannot be listed or is gone."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file, or a link to one; a link that leads nowhere or in circles is not."""
    try:
        return entry.is_file()
    except OSError:
        return False
