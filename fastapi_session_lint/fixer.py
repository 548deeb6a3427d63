"""Fixes made in rounds, each checked with the rest of the project, and undone where the result is not right.

A round takes the fixes that do not touch each other, puts them all in and looks again at the whole project. When the
files still parse, each fixed finding is gone and no other has come, the round stands. Otherwise its fixes are tried in
ever smaller groups, until those that do harm alone are known: they are taken back for good and reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi_session_lint.findings import Applicability, Edit, Finding, Fix
from fastapi_session_lint.fixes import apply, parses
from fastapi_session_lint.fixes.edits import collide, end_of, start_of
from fastapi_session_lint.rejudging import Rejudging
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source, UndecodableSource, decode, split_lines

ROUNDS = 10
Key = tuple[str, str, str]


class Check(Protocol):
    """What engine.check does."""

    def __call__(
        self,
        sources: Sequence[Source],
        settings: Settings,
        *,
        report: Collection[str] | None = None,
        with_fixes: bool = False,
    ) -> list[Finding]:
        """The findings in the files of `report`, all when None."""


@dataclass(frozen=True, slots=True)
class FixOutcome:
    """What became of the sources: the new bytes of changed files by path, the findings that were fixed, those that are
    left (with the fixes that were not asked for), and those whose fix was taken back because its result was not right.
    """

    changed: Mapping[str, bytes]
    applied: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    failed: tuple[Finding, ...]


def fix(
    sources: Sequence[Source],
    settings: Settings,
    *,
    report: Collection[str] | None,
    unsafe: bool,
    check: Check | None = None,
) -> FixOutcome:
    """Fix what may be fixed in the files of `report` (all when None), in at most ROUNDS rounds.

    `unsafe` allows unsafe fixes too; fixes for display are never made. Raises settings.InvalidSettings.
    """
    work = _Fixing(list(sources), settings, report, unsafe, check or Rejudging())
    for _ in range(ROUNDS):
        if not work.make_round():
            break
    return work.outcome()


class _Fixing:
    """The state of one run: the sources as they are now, what was fixed, what is given up."""

    def __init__(
        self,
        sources: list[Source],
        settings: Settings,
        report: Collection[str] | None,
        unsafe: bool,
        check: Check,
    ) -> None:
        self._original = {source.path: source.data for source in sources}
        self._sources = sources
        self._settings = settings
        self._report = report
        self._allowed = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
        self._check = check
        self._applied: list[Finding] = []
        self._failed: dict[tuple[str, ...], Finding] = {}

    def make_round(self) -> bool:
        """Try the fixes that do not touch each other; False when there was none to try."""
        texts = _texts(self._sources)
        findings = self._check(self._sources, self._settings, report=self._report, with_fixes=True)
        chosen = _apart([one for one in findings if self._may_fix(one, texts)])
        if not chosen:
            return False
        before = _keys(findings) if self._report is None else self._project_keys(self._sources)
        made = self._largest_right(chosen, before)
        self._sources, _ = _put_in(self._sources, made)
        self._applied += made
        return True

    def _may_fix(self, finding: Finding, texts: Mapping[str, str]) -> bool:
        wanted = finding.fix is not None and finding.fix.applicability in self._allowed and finding.fix.edits
        return bool(wanted) and _identity(finding, texts) not in self._failed

    def _project_keys(self, sources: Sequence[Source]) -> Counter[Key]:
        return _keys(self._check(sources, self._settings))

    def _largest_right(self, chosen: Sequence[Finding], before: Counter[Key]) -> list[Finding]:
        """Those of the chosen findings whose fixes are right together, found by trying smaller and smaller groups."""
        made: list[Finding] = []
        groups = [list(chosen)] if chosen else []
        while groups:
            group = groups.pop()
            wrong = self._wrong_files([*made, *group], before)
            if not wrong:
                made += group
            elif len(group) > 1:
                groups += reversed(_parts(group, wrong))
            elif not made or self._wrong_files(group, before):
                self._failed[_identity(group[0], _texts(self._sources))] = group[0]
        return made

    def _wrong_files(self, group: Sequence[Finding], before: Counter[Key]) -> set[str]:
        """The files that do not parse after these fixes, in which a fixed finding is left, or one is new."""
        sources, unwritten = _put_in(self._sources, group)
        if unwritten:
            return unwritten
        after, fixed = self._project_keys(sources), _keys(group)
        left = {key[0] for key, count in fixed.items() if after[key] > before[key] - count}
        # A message may name what a fix has renamed: one that is gone and one that is new may be the same finding.
        return left or _brought(_by_rule(after - before) - _by_rule(before - after - fixed), fixed)

    def outcome(self) -> FixOutcome:
        """What has become of everything."""
        changed = {one.path: one.data for one in self._sources if one.data != self._original[one.path]}
        remaining = self._check(self._sources, self._settings, report=self._report, with_fixes=True)
        return FixOutcome(changed, tuple(self._applied), tuple(remaining), tuple(self._still_failed(remaining)))

    def _still_failed(self, remaining: Iterable[Finding]) -> Iterator[Finding]:
        """The failed findings as they stand now, each once, though its line may have changed between two tries."""
        failed = _keys(self._failed.values())
        for finding in remaining:
            key = finding.path, finding.code, finding.message
            if failed[key]:
                failed[key] -= 1
                yield finding


def _keys(findings: Iterable[Finding]) -> Counter[Key]:
    """What findings are counted by, however their lines move."""
    return Counter((one.path, one.code, one.message) for one in findings)


def _by_rule(keys: Counter[Key]) -> Counter[tuple[str, str]]:
    """How many findings of which rules there are in which files."""
    return Counter((path, code) for path, code, _ in keys.elements())


def _parts(group: list[Finding], wrong: Collection[str]) -> tuple[list[Finding], list[Finding]]:
    """Two smaller groups, to be tried in this order: the fixes of files that came out right before those of the others,
    or halves.
    """
    right, others = [one for one in group if one.path not in wrong], [one for one in group if one.path in wrong]
    half = len(group) // 2
    return (right, others) if right and others else (group[:half], group[half:])


def _brought(new: Counter[tuple[str, str]], fixed: Counter[Key]) -> set[str]:
    """The files with findings that are new and cannot have been hidden by what was fixed: in the same file as often as
    that, and in others, where what is fixed may be called from many places, however often.
    """
    hidden = {rule.code: rule.hides for rule in all_rules()}
    here = Counter((path, left) for path, code, _ in fixed.elements() for left in hidden.get(code, ()))
    changed, anywhere = {path for path, _, _ in fixed}, {code for _, code in here}
    return {
        path
        for (path, code), count in new.items()
        if (count > here[path, code] if path in changed else code not in anywhere)
    }


def _texts(sources: Iterable[Source]) -> dict[str, str]:
    return {source.path: text for source in sources if (text := _text(source)) is not None}


def _text(source: Source) -> str | None:
    try:
        return decode(source.data).text
    except UndecodableSource:
        return None


def _identity(finding: Finding, texts: Mapping[str, str]) -> tuple[str, ...]:
    """What a finding is known by while lines move: its words and the text of its line."""
    lines = split_lines(texts.get(finding.path, ""))
    row = finding.span.row
    line = lines[row - 1].strip() if row <= len(lines) else ""
    return finding.path, finding.code, finding.message, line


def _apart(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, in their order, whose fixes touch none of those before them in the same file."""
    chosen: list[Finding] = []
    taken: dict[str, list[Fix]] = {}
    for finding in findings:
        here = taken.setdefault(finding.path, [])
        if finding.fix is not None and not any(_interfere(finding.fix, other) for other in here):
            here.append(finding.fix)
            chosen.append(finding)
    return chosen


def _interfere(one: Fix, other: Fix) -> bool:
    """Whether two fixes touch, or one puts lines in where the other may be moving all lines to another level."""
    if any(_touch(mine, theirs) for mine in one.edits for theirs in other.edits):
        return True
    return _puts_lines_into(one, other) or _puts_lines_into(other, one)


def _touch(one: Edit, other: Edit) -> bool:
    first, second = sorted((one.span, other.span))
    return collide(first, second) or end_of(first) == start_of(second)


def _puts_lines_into(one: Fix, other: Fix) -> bool:
    start, end = start_of(other.edits[0].span), end_of(other.edits[-1].span)
    return any("\n" in edit.content or "\r" in edit.content for edit in one.edits if start < start_of(edit.span) < end)


def _put_in(sources: Sequence[Source], findings: Sequence[Finding]) -> tuple[list[Source], set[str]]:
    """The sources with these fixes, and the files that with theirs cannot be written in their encoding or parsed."""
    edits: dict[str, list[Edit]] = {}
    for finding in findings:
        edits.setdefault(finding.path, []).extend(finding.fix.edits if finding.fix else ())
    changed, unwritten = list(sources), set[str]()
    for index, source in enumerate(sources):
        if source.path in edits:
            data = _edited(source, edits[source.path])
            if data is None:
                unwritten.add(source.path)
            else:
                changed[index] = Source(source.path, data)
    return changed, unwritten


def _edited(source: Source, edits: Sequence[Edit]) -> bytes | None:
    old = decode(source.data)
    new = apply(old.text, edits)
    try:
        data = old.encode(new)
    except UnicodeEncodeError:
        return None
    return data if parses(new) else None
