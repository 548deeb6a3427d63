"""Which files are understood together, and which of them are reported under which settings."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH110, PTH112

from __future__ import annotations

import functools
import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from fastapi_session_lint import files
from fastapi_session_lint.configuration import Configuration, Configurations, project_root
from fastapi_session_lint.discovery import Discovery, Found, top_of
from fastapi_session_lint.manifests.lookup import Manifests
from fastapi_session_lint.patterns import ignored
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.versions import Versions


class Work(NamedTuple):
    """One call of the engine: `paths` is the whole project, in order; `report` are those whose findings are wanted.

    `versions` are the releases that the project's own files tell for each of the reported; `ignores` the codes and
    prefixes that are left out in some of them.
    """

    root: str
    configuration: Configuration
    paths: tuple[str, ...]
    report: frozenset[str]
    versions: Mapping[str, Versions]
    ignores: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    @property
    def top(self) -> str:
        """The top of the repository that the project lies in, the project's own where there is none."""
        return top_of(self.root) or self.root

    @property
    def settings(self) -> Settings:
        """The settings of the reported files."""
        return self.configuration.settings


@dataclass(slots=True)
class _Project:
    """What is known so far of one project: its files, and those to report with their configuration."""

    paths: set[str] = field(default_factory=set)
    report: dict[str, Configuration] = field(default_factory=dict)


def plan(paths: Sequence[str], configurations: Configurations, given: Collection[str] = ()) -> list[Work]:
    """What a run over the paths reads and reports, in a fixed order.

    The project of a path is its repository, or the nearest folder above it that looks like a project's top; without
    one it is the folder itself, or the packages beside the file. `given` are absolute paths of files that need not
    exist. Raises files.MissingPath and settings.InvalidSettings.
    """
    planner = _Planner(configurations, frozenset(given))
    for path in dict.fromkeys(paths):
        planner.add(path)
    return list(planner.work())


class _Planner:
    """Collects the files of each path; every folder is read once."""

    def __init__(self, configurations: Configurations, given: frozenset[str]) -> None:
        self._configurations = configurations
        self._discovery = Discovery(configurations)
        self._given = given
        self._below = functools.cache(self._discovery.below)
        self._root = functools.cache(project_root)
        self._manifests = Manifests(self._discovery.names)
        self._projects: dict[str, _Project] = {}

    def add(self, name: str) -> None:
        """Take in one path. Raises files.MissingPath where no file or folder is."""
        if not name:
            raise files.MissingPath("a path is empty; the working directory is `.`")
        path = files.absolute(name)
        if os.path.isdir(path) and path not in self._given:
            root = self._root(path) or path
            self._report(root, self._below(path, False), self._below(root, False))
        elif path in self._given:
            self._file(path)
        elif files.is_pipe(path):
            raise files.MissingPath(f"{name}: a named pipe, and no file; `-` reads standard input")
        elif os.path.exists(path):
            self._file(path)
        else:
            raise files.MissingPath(f"{name}: no such file or folder")

    def _file(self, path: str) -> None:
        """Report a file that was named: it is taken whatever is excluded, unless that is forced.

        A folder that nothing marks as a project may be anything, a folder of downloads for example: a file in one is
        understood together with the packages beside it, and no more is read.
        """
        folder = posixpath.dirname(path)
        configuration = self._configurations.of(folder)
        if configuration.settings.force_exclude and self._discovery.leaves_out(path):
            return
        marked = self._root(folder)
        root = marked or _package_root(folder)
        self._report(root, [Found(path, configuration)], self._below(root, not marked))

    def _report(self, root: str, found: Iterable[Found], context: Iterable[Found]) -> None:
        project = self._projects.setdefault(root, _Project())
        project.report.update({one.path: one.configuration for one in found})
        project.paths.update(project.report, (one.path for one in context))

    def work(self) -> Iterator[Work]:
        """One piece of work for each project and settings; a file in several projects belongs to the outermost."""
        taken: set[str] = set()
        for root in sorted(self._projects, key=lambda one: (len(one), one)):
            project = self._projects[root]
            by_settings: dict[Settings, tuple[Configuration, set[str]]] = {}
            for path in sorted(project.report.keys() - taken):
                configuration = project.report[path]
                by_settings.setdefault(configuration.settings, (configuration, set()))[1].add(path)
            taken |= project.report.keys()
            paths = tuple(sorted(project.paths))
            for configuration, report in by_settings.values():
                versions, ignores = self._versions(root, report), ignored(configuration.settings, report)
                yield Work(root, configuration, paths, frozenset(report), versions, ignores)

    def _versions(self, root: str, paths: Iterable[str]) -> dict[str, Versions]:
        top = top_of(root) or root
        return {path: self._manifests.of(posixpath.dirname(path), top) for path in paths}


def _package_root(folder: str) -> str:
    """The folder from which the package that this folder belongs to is imported."""
    while os.path.exists(f"{folder}/__init__.py") and folder != posixpath.dirname(folder):
        folder = posixpath.dirname(folder)
    return folder
