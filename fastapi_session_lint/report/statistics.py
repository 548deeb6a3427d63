"""How many findings each rule has, and how many of them can be fixed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from fastapi_session_lint.findings import Applicability, Finding, Severity
from fastapi_session_lint.report.base import Report
from fastapi_session_lint.report.display import Palette
from fastapi_session_lint.report.summary import summary


@dataclass(frozen=True, slots=True)
class Count:
    """What is counted of one rule: `severity` is the worst that its findings have."""

    code: str
    name: str
    severity: Severity
    count: int
    safe_fixes: int
    unsafe_fixes: int


def render(report: Report, form: str) -> Iterator[str]:
    """A table with the most frequent rule first, and the summary; the same as objects where the form is JSON."""
    counts = counted(report.findings)
    if form in ("json", "json-lines"):
        objects = [{**asdict(one), "severity": one.severity.value} for one in counts]
        yield (
            json.dumps(objects, indent=2) + "\n"
            if form == "json"
            else "".join(json.dumps(one) + "\n" for one in objects)
        )
        return
    yield from _table(counts, Palette(report.has_colors))
    yield from summary(report)


def counted(findings: Sequence[Finding]) -> list[Count]:
    """The counts of each rule that has findings."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    return sorted(map(_count, by_code.values()), key=lambda one: (-one.count, one.code))


def _count(findings: list[Finding]) -> Count:
    trusts = [one.fix.applicability for one in findings if one.fix is not None]
    worst = max((one.severity for one in findings), key=lambda severity: severity.rank)
    safe, unsafe = trusts.count(Applicability.SAFE), trusts.count(Applicability.UNSAFE)
    return Count(findings[0].code, findings[0].name, worst, len(findings), safe, unsafe)


def _table(counts: Sequence[Count], palette: Palette) -> Iterator[str]:
    digits = len(str(max((one.count for one in counts), default=0)))
    longest = max((len(one.name) for one in counts), default=0)
    for one in counts:
        fixes = [f"{one.safe_fixes} fixable"] if one.safe_fixes else []
        fixes += [f"{one.unsafe_fixes} with unsafe fixes"] if one.unsafe_fixes else []
        line = (
            f"{one.count:>{digits}}  {palette.paint(one.severity, one.code)}  {one.name:<{longest}}  {', '.join(fixes)}"
        )
        yield line.rstrip() + "\n"
    if counts:
        yield "\n"
