"""The findings of each file below its name."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from fastapi_session_lint.findings import Finding
from fastapi_session_lint.report.base import Report
from fastapi_session_lint.report.display import Palette, visible, wrapped
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
            yield _line(report, finding, f"  {place:<{longest}} ", palette)
        yield "\n"
    yield from summary(report)


def _line(report: Report, finding: Finding, start: str, palette: Palette) -> str:
    """A finding on a line, or on several that are as narrow as the terminal: what follows stands below the code."""
    mark = "[*] " if report.is_fixable(finding) else ""
    head = f"{start}{finding.code} {mark}"
    text = wrapped(head + visible(finding.message), report.width, " " * len(start))
    if not text.startswith(head):
        return text + "\n"
    code = palette.link(finding.url, palette.paint(finding.severity, finding.code))
    painted = f"{start}{code} {palette.paint('fixable', mark)}"
    return painted + text.removeprefix(head) + "\n"
