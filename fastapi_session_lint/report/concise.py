"""One line for each finding, the same that flake8 prints."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.report.base import Report, place
from fastapi_session_lint.report.display import Palette, visible
from fastapi_session_lint.report.summary import summary


def render(report: Report) -> Iterator[str]:
    """`path:row:column: CODE message` for each finding, and the summary."""
    palette = Palette(report.has_colors, report.has_links)
    for finding in report.findings:
        where = visible(place(report, finding.path, finding.span.row, finding.span.column))
        code = palette.link(finding.url, palette.paint(finding.severity, finding.code))
        yield f"{palette.paint('bold', where)}: {code} {visible(finding.message)}\n"
    yield from summary(report)
