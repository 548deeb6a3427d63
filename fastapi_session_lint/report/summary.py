"""The closing lines of a report that people read: what was fixed, how much is left, and what could still be fixed."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator

from fastapi_session_lint.findings import Applicability, Finding, Severity
from fastapi_session_lint.report.base import Fixed, Report
from fastapi_session_lint.report.display import visible


def summary(report: Report) -> Iterator[str]:
    """How many findings there are and what can be fixed; nothing when the run is quiet."""
    if report.is_quiet:
        return
    if report.fixed is not None:
        yield from fixed_by_file(report, report.fixed)
        if report.fixed.is_all:
            yield f"{fixed_alone(report.fixed)}\n"
            return
    if not report.findings and not _number_fixed(report):
        yield "All checks passed!\n"
        return
    yield f"{_count(report)}\n"
    if fixable := _fixable(report):
        yield f"{fixable}\n"


def _count(report: Report) -> str:
    remaining = len(report.findings)
    if fixed := _number_fixed(report):
        return f"Found {_findings(fixed + remaining)} ({fixed} fixed, {remaining} remaining)."
    counts = Counter(finding.severity for finding in report.findings)
    parts = [_plural(counts[severity], severity) for severity in Severity if counts[severity]]
    return f"Found {_findings(remaining)} ({', '.join(parts)})."


def fixed_by_file(report: Report, fixed: Fixed) -> Iterator[str]:
    """What was fixed, by file and rule, where that was asked for."""
    if not fixed.is_listed or not fixed.findings:
        return
    yield f"Fixed {_findings(len(fixed.findings))}:\n"
    for path, findings in itertools.groupby(fixed.findings, key=lambda finding: finding.path):
        yield f"- {visible(report.shown(path))}:\n"
        counts = Counter((finding.code, finding.name) for finding in findings)
        digits = len(str(max(counts.values())))
        yield from (f"    {count:{digits}} {code} {name}\n" for (code, name), count in sorted(counts.items()))
    yield "\n"


def fixed_alone(fixed: Fixed, verb: str = "Fixed") -> str:
    """How many findings were fixed, or would be by another `verb`, for a run that was asked for nothing else."""
    more = f" ({fixed.left} more with `--unsafe-fixes`)" if fixed.left else ""
    return f"{verb} {_findings(len(fixed.findings))}{more}." if fixed.findings else f"Nothing to fix{more}."


def unsafe_left(findings: Iterable[Finding], *, is_unsafe: bool) -> int:
    """How many findings have an unsafe fix that the run was not asked for."""
    kinds = (None if is_unsafe or one.fix is None else one.fix.applicability for one in findings)
    return sum(kind is Applicability.UNSAFE for kind in kinds)


def _number_fixed(report: Report) -> int:
    return 0 if report.fixed is None else len(report.fixed.findings)


def _fixable(report: Report) -> str:
    """What `--fix` would do, or still could with `--unsafe-fixes`."""
    now = sum(report.is_fixable(finding) for finding in report.findings)
    more = unsafe_left(report.findings, is_unsafe=report.is_unsafe)
    if now:
        option = "--fix --unsafe-fixes" if report.is_unsafe else "--fix"
        return f"[*] {now} fixable with `{option}`" + (f" ({more} more with `--unsafe-fixes`)." if more else ".")
    return f"No safe fixes; {more} unsafe with `--fix --unsafe-fixes`." if more else ""


def _findings(number: int) -> str:
    return "1 finding" if number == 1 else f"{number} findings"


def _plural(number: int, severity: Severity) -> str:
    return f"{number} {severity}" if number == 1 or severity is Severity.INFO else f"{number} {severity}s"
