"""The findings of each file below its name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from fastapi_session_lint.report.base import Report
from fastapi_session_lint.report.display import Palette, visible
from fastapi_session_lint.report.summary import summary


def render(report: Report) -> Iterator[str]:
    """A block for each file, with its findings in columns, and the summary."""
    palette = Palette(report.has_colors, report.has_links)
    for path, group in itertools.groupby(report.findings, key=lambda one: one.path):
        findings = list(group)
        places = [f"{one.span.row}:{one.span.column + 1}" for one in findings]
        longest = max(map(len, places))
        yield palette.paint("bold", visible(report.shown(path)) + ":") + "\n"
        for place, finding in zip(places, findings, strict=True):
            code = palette.link(finding.url, palette.paint(finding.severity, finding.code))
            mark = palette.paint("fixable", "[*] ") if report.is_fixable(finding) else ""
            yield f"  {place:<{longest}} {code} {mark}{visible(finding.message)}\n"
        yield "\n"
    yield from summary(report)
