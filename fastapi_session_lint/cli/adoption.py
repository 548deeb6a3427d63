"""The options for a project that has findings already: baselines, and changes since a revision."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from fastapi_session_lint import files
from fastapi_session_lint.settings import InvalidSettings

if TYPE_CHECKING:
    from fastapi_session_lint.baseline import Entry
    from fastapi_session_lint.findings import Finding
    from fastapi_session_lint.report.terminal import Terminal
    from fastapi_session_lint.runner import Sources
    from fastapi_session_lint.work import Work


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is asked of baselines. `baseline` is None where the configuration decides."""

    baseline: str | None
    ignores_baseline: bool
    writes_baseline: bool
    prunes_baseline: bool
    diff_base: str | None


def adoption_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: the command gets the options."""
    for option in (
        click.option("--diff-base", metavar="REV", help="Report only what touches lines changed since a Git revision."),
        click.option(
            "--prune-baseline", "prunes_baseline", is_flag=True, help="Take stale entries out of the baseline."
        ),
        click.option(
            "--write-baseline",
            "writes_baseline",
            is_flag=True,
            help="Write the findings into the baseline, and report nothing.",
        ),
        click.option("--no-baseline", "ignores_baseline", is_flag=True, help="Report also what the baseline has."),
        click.option("--baseline", metavar="PATH", help="The file of known findings, which are not reported."),
    ):
        function = option(function)
    return function


def take_adoption(arguments: MutableMapping[str, Any]) -> Adoption:
    """Take these options out of a command's arguments. Raises click.UsageError."""
    found = Adoption(**{name: arguments.pop(name) for name in Adoption.__slots__})
    asked = [found.writes_baseline, found.prunes_baseline, found.ignores_baseline]
    if sum(asked) > 1:
        raise click.UsageError("--write-baseline, --prune-baseline and --no-baseline exclude each other")
    if found.diff_base is not None and (found.writes_baseline or found.prunes_baseline):
        raise click.UsageError("a baseline is of all findings: leave out --diff-base")
    return found


class Narrowing:
    """One run's way from all findings to those that are reported."""

    def __init__(self, terminal: Terminal, asked: Adoption, work: Sequence[Work], sources: Sources) -> None:
        self._terminal = terminal
        self._asked = asked
        self._work = work
        self._sources = sources
        self._tops = tuple({one.top for one in work})

    def write_baselines(self, findings: Iterable[Finding]) -> None:
        """Put the findings into the baseline; entries about what was not looked at stay. Raises InvalidSettings."""
        from fastapi_session_lint.baseline import entries_of, render

        known = tuple(findings)
        for path, works in self._by_baseline().items():
            reported = self._reported(works)
            mine = [one for one in known if one.path in reported]
            kept = [one for one in self._read(path, may_miss=True) if not self._is_in_view(one, works)]
            entries = entries_of(mine, self._sources.known, self._located)
            self._write(path, render([*kept, *entries]))
            number = sum(one.count for one in entries)
            self._terminal.say(f"wrote {number} {'finding' if number == 1 else 'findings'} to {_shown(path)}")

    def narrowed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that are neither in a baseline nor on old lines. Raises InvalidSettings."""
        left = tuple(findings)
        if not self._asked.ignores_baseline:
            for path, works in self._by_baseline().items():
                left = self._without_known(left, path, works)
        if self._asked.diff_base is not None:
            from fastapi_session_lint.findings import INTERNAL_ERROR
            from fastapi_session_lint.revision import changes_since  # few runs need Git

            changes = [changes_since(self._asked.diff_base, top) for top in self._tops]
            left = tuple(one for one in left if one.code == INTERNAL_ERROR or any(it.touch(one) for it in changes))
        return left

    def _without_known(self, findings: tuple[Finding, ...], path: str, works: Sequence[Work]) -> tuple[Finding, ...]:
        from fastapi_session_lint.baseline import compare, render, without

        reported = self._reported(works)
        mine = [one for one in findings if one.path in reported]
        entries = self._read(path)
        compared = compare(entries, mine, self._sources.known, self._located)
        stale = [] if self._sources.given else [one for one in compared.stale if self._is_in_view(one, works)]
        number = sum(one.count for one in stale)
        if self._asked.prunes_baseline:
            self._write(path, render(without(entries, stale)))
            self._terminal.say(f"took {number} stale {_entries(number)} out of {_shown(path)}")
        elif number:
            self._terminal.say(
                f"{_shown(path)}: {number} {_entries(number)} found no more; --prune-baseline takes {_them(number)} out"
            )
        new = set(compared.new)
        return tuple(one for one in findings if one.path not in reported or one in new)

    def _by_baseline(self) -> dict[str, list[Work]]:
        """The pieces of work by the absolute path of their baseline; those that have none are left out."""
        found: dict[str, list[Work]] = {}
        for one in self._work:
            if path := self._path(one):
                found.setdefault(path, []).append(one)
        return found

    def _path(self, work: Work) -> str | None:
        if self._asked.baseline is not None:
            return files.absolute(self._asked.baseline)
        if work.settings.baseline is not None:
            return work.settings.baseline
        if self._asked.writes_baseline or self._asked.prunes_baseline:
            from fastapi_session_lint.baseline import NAME

            return f"{work.configuration.folder if work.configuration.path else work.root}/{NAME}"
        return None

    def _read(self, path: str, *, may_miss: bool = False) -> tuple[Entry, ...]:
        from fastapi_session_lint.baseline import read

        if may_miss and not os.path.lexists(path):
            return ()
        source = files.read(path)
        if source.problem is not None:
            missing = "the file is gone"
            hint = "no such baseline; --write-baseline makes it" if source.problem == missing else source.problem
            raise InvalidSettings(f"{_shown(path)}: {hint}")
        return read(source.data, _shown(path))

    def _write(self, path: str, data: bytes) -> None:
        try:
            files.write(path, data)
        except OSError as error:
            raise InvalidSettings(f"{_shown(path)}: not written: {files.reason(error)}") from error

    def _located(self, path: str) -> str:
        from fastapi_session_lint.report.base import located

        return located(path, self._tops)

    def _reported(self, works: Iterable[Work]) -> frozenset[str]:
        return frozenset(path for one in works for path in one.report)

    def _is_in_view(self, entry: Entry, works: Sequence[Work]) -> bool:
        """Whether this run would have found what the entry stands for: the file is looked at, or is gone."""
        paths = [f"{top}/{entry.path}" for top in self._tops]
        looked_at = [one for one in works if not one.report.isdisjoint(paths)]
        if not looked_at:
            return not any(os.path.lexists(path) for path in paths)
        return any(entry.code in _codes(one) for one in looked_at)


def _codes(work: Work) -> frozenset[str]:
    """The codes that a piece of work reports."""
    from fastapi_session_lint.plugins import wanted_codes

    return wanted_codes(work.settings)


def _shown(path: str) -> str:
    from fastapi_session_lint.report.base import shown_path

    return shown_path(path, files.absolute("."))


def _entries(number: int) -> str:
    return "entry" if number == 1 else "entries"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"
