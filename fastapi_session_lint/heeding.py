"""Findings as comments leave them: without those that one suppresses, and with those about a comment that is idle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Heeded, Repair, RepairKind
from fastapi_session_lint.readings import SYNTAX_ERROR
from fastapi_session_lint.selection import rank
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source, decode
from fastapi_session_lint.suppressions import (
    Comment,
    comments,
    may_be_unused,
    may_suppress,
    suppress,
    suppressing,
    unused,
)

if TYPE_CHECKING:
    from fastapi_session_lint.rules.base import Rule

UNUSED_SUPPRESSION = "FSL901"
ABOUT_THE_LINTER = frozenset({UNUSED_SUPPRESSION, SYNTAX_ERROR, INTERNAL_ERROR})


def heed(
    findings: Sequence[Finding],
    sources: Iterable[Source],
    heeded: Heeded,
    rules: Callable[[], Sequence[Rule]],
    settings: Settings,
    ignores: Mapping[str, Sequence[str]],
) -> list[Finding]:
    """The findings that no comment in the sources suppresses, with those about comments that suppress nothing.

    Whether a code is suppressed for nothing cannot be told where it is left out. `rules` are asked for only where a
    comment names one of them: to load them takes a while.
    """
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    for source in sources:
        here = by_path.get(source.path, [])
        if may_suppress(source.data, is_reported=bool(here)):
            found = comments(decode(source.data).text, heeded)
            left, used = suppress([one for one in here if one.code != INTERNAL_ERROR], found)
            idle: Iterable[Finding] = ()
            if any(map(may_be_unused, found)):
                ran = {code for code in _wanted(settings, rules()) if rank(code, ignores.get(source.path, ())) < 0}
                idle = _unused(source.path, found, used, rules(), ran) if UNUSED_SUPPRESSION in ran else ()
            by_path[source.path] = [*(one for one in here if one.code == INTERNAL_ERROR), *left, *idle]
    return sorted((one for some in by_path.values() for one in some), key=lambda finding: finding.order)


def _wanted(settings: Settings, rules: Sequence[Rule]) -> frozenset[str]:
    from fastapi_session_lint.judge import wanted_of  # late: who knows all findings from before judges nothing

    return wanted_of(settings, rules)


def _unused(
    path: str, found: list[Comment], used: dict[int, set[str]], rules: Sequence[Rule], ran: Collection[str]
) -> Iterator[Finding]:
    """The findings of FSL901, but for those that a comment asks to leave out."""
    by_code = {rule.code: rule for rule in rules}
    rule, known = by_code[UNUSED_SUPPRESSION], by_code.keys() - ABOUT_THE_LINTER
    for comment, idle in unused(found, used, set(ran) - ABOUT_THE_LINTER, known):
        codes = [code for code in idle if code not in ABOUT_THE_LINTER]
        others = [one for one in found if one is not comment or UNUSED_SUPPRESSION in (one.codes or ())]
        if bool(codes) == bool(idle) and not suppressing(others, rule.code, comment.span.row):
            repair = Repair(RepairKind.REMOVE_SUPPRESSION, comment.span, ",".join(codes))
            yield rule.finding(path, comment.span, _idle_message(codes, known), repair=repair)


def _idle_message(codes: Sequence[str], known: Collection[str]) -> str:
    unknown = [code for code in codes if not any(one.startswith(code) for one in known)]
    if unknown:
        return f"no rule has the code {' or '.join(unknown)}"
    finds = f"{' and '.join(codes)} {'finds' if len(codes) == 1 else 'find'} nothing" if codes else "nothing is found"
    return f"{finds} here: the comment would only hide a later mistake"
