"""One line for each finding in the form of pylint's `parseable`, which Jenkins and others read."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.report.base import Report
from fastapi_session_lint.report.display import visible


def render(report: Report) -> Iterator[str]:
    """`path:row: [CODE(name), ] message`."""
    for finding in report.findings:
        where = f"{visible(report.located(finding.path))}:{finding.span.row}"
        yield f"{where}: [{finding.code}({finding.name}), ] {visible(finding.message)}\n"
