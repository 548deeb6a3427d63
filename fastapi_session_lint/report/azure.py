"""Logging commands of Azure Pipelines.

https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands#logissue-log-an-error-or-warning
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.findings import Severity
from fastapi_session_lint.report.base import Report

_DATA = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({"]": "%5D", ";": "%3B"})


def render(report: Report) -> Iterator[str]:
    """A command for each finding; there is nothing below a warning."""
    for finding in report.findings:
        level = "error" if finding.severity is Severity.ERROR else "warning"
        path = report.located(finding.path).translate(_PROPERTY)
        place = f"sourcepath={path};linenumber={finding.span.row};columnnumber={finding.span.column + 1}"
        yield f"##vso[task.logissue type={level};{place};code={finding.code};]{finding.message.translate(_DATA)}\n"
