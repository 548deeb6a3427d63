"""Findings fixed or suppressed in their files; a file that somebody else has changed meanwhile is read again."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi_session_lint import files
from fastapi_session_lint.cache.folder import Caching
from fastapi_session_lint.findings import Finding
from fastapi_session_lint.plugins import rules_of
from fastapi_session_lint.runner import Fixes, Sources, check, check_codes, collector_paused
from fastapi_session_lint.work import Work

if TYPE_CHECKING:
    from fastapi_session_lint.judge import Judge

TRIES = 5
"""How often a file is read and written before it is left to whoever keeps changing it."""
_UNCACHED = Caching()


@dataclass(slots=True)
class _Tally:
    """What has become of fixes so far; the reasons of `unwritten` by path."""

    applied: list[Finding] = field(default_factory=list)
    remaining: list[Finding] = field(default_factory=list)
    failed: list[Finding] = field(default_factory=list)
    unwritten: dict[str, str] = field(default_factory=dict)
    changed: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)

    def fixes(self) -> Fixes:
        """All of it, in order."""
        return Fixes(
            _ordered(self.applied),
            _ordered(self.remaining),
            tuple(_taken_back(finding) for finding in _ordered(self.failed)),
            tuple(f"{path}: not fixed: {why}" for path, why in sorted(self.unwritten.items())),
            self.changed,
        )


def fix(
    work: Iterable[Work],
    sources: Sources,
    *,
    writes: bool = True,
    jobs: int | None = 1,
    caching: Caching = _UNCACHED,
) -> Fixes:
    """Fix what can be fixed, write it, and leave in `sources` what the files say now.

    What a comment suppresses is never fixed. Files in `sources.given` are changed there and not on the disk; unless it
    `writes`, nothing is changed anywhere. Raises settings.InvalidSettings.
    """
    tally = _Tally()
    with collector_paused():
        for one in work:
            check_codes(one)
            _fix_one(one, sources, tally, writes, jobs, caching)
    return tally.fixes()


def _fix_one(work: Work, sources: Sources, tally: _Tally, writes: bool, jobs: int | None, caching: Caching) -> None:
    from fastapi_session_lint import fixer  # a run that changes nothing need not wait for these imports
    from fastapi_session_lint.reading import read_by_processes
    from fastapi_session_lint.rejudging import Rejudging

    settings = work.settings
    known = read_by_processes(sources.of(work), jobs, caching.of(work.root, settings.cache_dir))
    rules = rules_of(settings.plugins)
    check = Rejudging(
        versions=work.versions,
        known=known,
        ignores=work.ignores,
        rules=rules,
        judging=functools.partial(_judged_by_processes, jobs=jobs),
    )
    for is_last in _tries():
        outcome = fixer.fix(sources.of(work), settings, report=work.report, unsafe=settings.unsafe_fixes, check=check)
        changes = {path: (sources[path].data, data) for path, data in outcome.changed.items()}
        refused = _write(outcome.changed, sources) if writes else {}
        tally.applied += [finding for finding in outcome.applied if finding.path not in refused]
        tally.changed.update({path: change for path, change in changes.items() if path not in refused})
        if is_last or not _forget_overtaken(refused, sources):
            tally.remaining += outcome.remaining
            tally.remaining += [finding for finding in outcome.applied if finding.path in refused]
            tally.failed += outcome.failed
            tally.unwritten.update({path: files.reason(error) for path, error in refused.items()})
            break


def _judged_by_processes(project: Judge, weights: Mapping[str, int], jobs: int | None) -> list[Finding]:
    """What is found in some files, by so many processes, as many as are worth it when None."""
    from fastapi_session_lint.judging import Judged, check_by_processes  # late, as above

    ordered = {path: weights[path] for path in project.in_order(weights)}
    return check_by_processes(lambda report: Judged(project.findings(report), []), ordered, jobs).made


@dataclass(frozen=True, slots=True)
class Ignored:
    """What became of findings that were to be suppressed: how many are, in how many files, and those that stay."""

    suppressed: int
    changed: int
    remaining: tuple[Finding, ...]
    unwritten: tuple[str, ...] = ()


def add_ignores(work: Iterable[Work], sources: Sources, reason: str | None = None) -> Ignored:
    """Write comments that suppress what is found, each with the reason, and leave in `sources` what the files say now.

    Raises settings.InvalidSettings.
    """
    from fastapi_session_lint.ignorer import ignore  # few runs write comments

    work = list(work)
    wanted = sorted({path for one in work for path in one.report})
    written: list[Finding] = []
    refused: Mapping[str, OSError] = {}
    changed: set[str] = set()
    for is_last in _tries():
        before = check(work, sources, with_fixes=False)
        comments = ignore((sources[path] for path in wanted), before, reason)
        refused = _write(comments, sources)
        changed |= comments.keys() - refused.keys()
        written += [finding for finding in before if finding.path in comments and finding.path not in refused]
        if is_last or not _forget_overtaken(refused, sources):
            break
    remaining = check(work, sources)
    return Ignored(
        len(written) - sum(finding.path in changed for finding in remaining),
        len(changed),
        tuple(remaining),
        tuple(f"{path}: not changed: {files.reason(error)}" for path, error in sorted(refused.items())),
    )


def _tries() -> Iterator[bool]:
    """The tries to write what was checked; whether each is the last."""
    yield from (left == 0 for left in reversed(range(TRIES)))


def _forget_overtaken(refused: Mapping[str, OSError], sources: Sources) -> bool:
    """Read files again that somebody else has changed since they were read; whether there are any."""
    overtaken = [path for path, error in refused.items() if isinstance(error, files.ChangedMeanwhile)]
    sources.forget(overtaken)
    return bool(overtaken)


def _write(changed: Mapping[str, bytes], sources: Sources) -> dict[str, OSError]:
    """Write the files, and give those that could not be written, with the reason."""
    refused: dict[str, OSError] = {}
    for path, data in sorted(changed.items()):
        try:
            if path not in sources.given:
                files.replace(path, sources[path].data, data)
        except OSError as error:
            refused[path] = error
        else:
            sources.change(path, data)
    return refused


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.order))


def _taken_back(finding: Finding) -> str:
    place = f"{finding.path}:{finding.span.row}:{finding.span.column + 1}"
    return f"{place}: the fix for {finding.code} was taken back, because the result was not right: a bug of ours"
