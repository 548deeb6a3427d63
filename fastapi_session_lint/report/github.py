"""Annotations of GitHub Actions.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.report.base import Report

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})


def render(report: Report) -> Iterator[str]:
    """A workflow command for each finding."""
    for finding in report.findings:
        properties = ",".join(f"{name}={value}" for name, value in _properties(report, finding).items())
        text = f"{finding.code} {finding.message}".translate(_DATA)
        yield f"::{_LEVELS[finding.severity]} {properties}::{text}\n"


def _properties(report: Report, finding: Finding) -> dict[str, str]:
    """Where it is. Columns are only for an annotation of one line: others are refused."""
    span = finding.span
    place = {"file": report.located(finding.path).translate(_PROPERTY), "line": str(span.row)}
    if span.end_row == span.row:
        place |= {"col": str(span.column + 1), "endColumn": str(span.end_column + 1)}
    title = f"fsl {finding.code} ({finding.name})".translate(_PROPERTY)
    return {**place, "endLine": str(span.end_row), "title": title}
