"""From paths to findings: what is read together, what is reported, and one run of the engine for each.

This is also the Python interface: `check_paths` and `check_source` are what the command line uses itself.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fastapi_session_lint import files
from fastapi_session_lint.configuration import Configuration, Configurations, project_root
from fastapi_session_lint.discovery import Discovery, Found
from fastapi_session_lint.findings import Finding
from fastapi_session_lint.settings import InvalidSettings, Settings, selected
from fastapi_session_lint.source import Source

STDIN = "<stdin>"


class Work(NamedTuple):
    """Files that are understood together, under one set of settings.

    `paths` is the whole project, in order; `report` are those of it whose findings are wanted.
    """

    root: str
    configuration: Configuration
    paths: tuple[str, ...]
    report: frozenset[str]

    @property
    def settings(self) -> Settings:
        """The settings for the reported files."""
        return self.configuration.settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found, and what it changed.

    `sources` are the files as they are after the run, by path. `failures` are one line each: files that could not be
    written, fixes that were undone.
    """

    findings: tuple[Finding, ...]
    sources: Mapping[str, Source]
    work: tuple[Work, ...]
    applied: tuple[Finding, ...] = ()
    failures: tuple[str, ...] = ()


@dataclass(slots=True)
class _Project:
    """What is known so far of one project: its files, and those to report with their configuration."""

    paths: set[str] = field(default_factory=set)
    report: dict[str, Configuration] = field(default_factory=dict)


def check_paths(paths: Sequence[str | os.PathLike[str]], settings: Settings | None = None) -> list[Finding]:
    """The findings in files and folders, with the fixes that they have.

    What the rest of each project says is known; `settings` None means what its pyproject.toml says. Raises
    files.MissingPath and settings.InvalidSettings.
    """
    configurations = Configurations() if settings is None else _Fixed(settings)
    return list(check(plan([os.fspath(path) for path in paths], configurations)).findings)


def check_source(
    code: str | bytes, path: str | os.PathLike[str] = STDIN, settings: Settings | None = None
) -> list[Finding]:
    """The findings in one text, taken for what the file at `path` says; the rest of its project is known.

    `settings` None means what the pyproject.toml above `path` says. Raises settings.InvalidSettings.
    """
    configurations = Configurations() if settings is None else _Fixed(settings)
    place = files.absolute(os.fspath(path))
    given = {place: code.encode() if isinstance(code, str) else code}
    return list(check(plan([place], configurations, given), given).findings)


class _Fixed(Configurations):
    """The same settings everywhere, as a program hands them over."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(is_isolated=True)
        self._settings = settings

    def of(self, folder: str) -> Configuration:
        return Configuration(self._settings, folder)


def plan(paths: Iterable[str], configurations: Configurations, given: Iterable[str] = ()) -> list[Work]:
    """What a run over the paths reads and reports; `given` are absolute paths of files that need not exist.

    Raises files.MissingPath and settings.InvalidSettings.
    """
    discovery = Discovery(configurations)
    below = functools.cache(discovery.below)
    root_of = functools.cache(project_root)
    projects: dict[str, _Project] = {}
    for path in dict.fromkeys(files.absolute(path) for path in paths):
        found, root, is_marked = _found_at(path, below, root_of, configurations, given)
        if path not in given and not os.path.isdir(path) and found[0].configuration.settings.force_exclude:
            found = [one for one in found if not discovery.leaves_out(one.path)]
        project = projects.setdefault(root, _Project())
        project.report.update(found)
        project.paths.update(one.path for one in found)
        project.paths.update(one.path for one in below(root, only_packages=not is_marked))
    return list(_work(projects))
