"""The closing lines of a report that people read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi_session_lint.findings import Applicability, Severity
from fastapi_session_lint.report.base import Report


def summary(report: Report) -> Iterator[str]:
    """How many findings there are and what can be fixed; nothing when the run is quiet."""
    if report.is_quiet:
        return
    if not report.findings and not report.fixed:
        yield "All checks passed!\n"
        return
    yield f"{_count(report)}\n"
    if fixable := _fixable(report):
        yield f"{fixable}\n"


def _count(report: Report) -> str:
    remaining = len(report.findings)
    if report.fixed is not None and report.fixed:
        return f"Found {_findings(report.fixed + remaining)} ({report.fixed} fixed, {remaining} remaining)."
    counts = Counter(finding.severity for finding in report.findings)
    parts = [_plural(counts[severity], severity) for severity in Severity if counts[severity]]
    return f"Found {_findings(remaining)} ({', '.join(parts)})."


def _fixable(report: Report) -> str:
    """What `--fix` would do, or still could with `--unsafe-fixes`."""
    now = sum(report.is_fixable(finding) for finding in report.findings)
    hidden = sum(
        finding.fix is not None and finding.fix.applicability is Applicability.UNSAFE for finding in report.findings
    )
    more = 0 if report.is_unsafe else hidden
    if now:
        option = "--fix --unsafe-fixes" if report.is_unsafe else "--fix"
        return f"[*] {now} fixable with `{option}`" + (f" ({more} more with `--unsafe-fixes`)." if more else ".")
    return f"No safe fixes; {more} unsafe with `--fix --unsafe-fixes`." if more else ""


def _findings(number: int) -> str:
    return "1 finding" if number == 1 else f"{number} findings"


def _plural(number: int, severity: Severity) -> str:
    return f"{number} {severity}" if number == 1 or severity is Severity.INFO else f"{number} {severity}s"
