"""The form for people: each finding with its source, the trail that leads to it, and its fix."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.findings import Applicability, Finding, Fix, Note
from fastapi_session_lint.report.base import Report, place
from fastapi_session_lint.report.display import Palette, visible, wrapped
from fastapi_session_lint.report.frame import Style, frame
from fastapi_session_lint.report.summary import summary

_AROUND = 1


def render(report: Report) -> Iterator[str]:
    """The findings one below the other, an empty line after each, and the summary."""
    for finding in report.findings:
        yield "\n".join(_finding(report, finding)) + "\n\n"
    yield from summary(report)


def _finding(report: Report, finding: Finding) -> Iterator[str]:
    palette = Palette(report.has_colors, report.has_links)
    rows = [finding.span.row + _AROUND, *(note.span.row for note in finding.trail)]
    style = Style(len(str(max(rows))), report.width, palette)
    yield _header(report, finding, palette)
    lines = report.lines(finding.path)
    yield from frame(lines, finding.span, style, severity=finding.severity, around=_AROUND)
    for note in finding.trail:
        yield from _note(report, finding, note, style)
    if finding.fix is not None:
        yield _help(report, finding.fix, palette)


def _header(report: Report, finding: Finding, palette: Palette) -> str:
    """`path:row:column: CODE [*] severity: message`, painted after it has been broken into lines."""
    where = visible(place(report, finding.path, finding.span.row, finding.span.column)) + ":"
    mark = " [*]" if report.is_fixable(finding) else ""
    head = f"{where} {finding.code}{mark} {finding.severity}:"
    text = wrapped(f"{head} {visible(finding.message)}", report.width)
    if not text.startswith(head):
        return text
    code = palette.link(finding.url, palette.paint(finding.severity, finding.code))
    severity = palette.paint(finding.severity, f"{finding.severity}:")
    return f"{palette.paint('bold', where)} {code}{palette.paint('fixable', mark)} {severity}{text[len(head) :]}"


def _note(report: Report, finding: Finding, note: Note, style: Style) -> Iterator[str]:
    """One step of the trail; where it is in another file, that is said first."""
    text = wrapped(f"note: {visible(note.message)}", report.width)
    yield style.palette.paint("note", "note:") + text.removeprefix("note:")
    if note.path != finding.path:
        arrow = style.palette.paint("gutter", f"{'-->':>{style.digits + 3}}")
        yield f"{arrow} {visible(place(report, note.path, note.span.row, note.span.column))}"
    yield from frame(report.lines(note.path), note.span, style, severity="note")


def _help(report: Report, fix: Fix, palette: Palette) -> str:
    how = {
        Applicability.SAFE: "",
        Applicability.UNSAFE: "" if report.is_unsafe else " (unsafe)",
        Applicability.DISPLAY: " (by hand)",
    }
    text = wrapped(f"help: {visible(fix.title)}{how[fix.applicability]}", report.width)
    return palette.paint("help", "help:") + text.removeprefix("help:")
