"""A stretch of source with line numbers and what matters in it underlined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi_session_lint.findings import Span
from fastapi_session_lint.report.display import Palette, visible, width

_LONGEST = 160
_MARK = "…"


@dataclass(frozen=True, slots=True)
class Style:
    """How frames are drawn: the width of the line numbers, the columns of the terminal, the colours."""

    digits: int
    columns: int | None
    palette: Palette


def frame(lines: list[str], span: Span, style: Style, *, severity: str, around: int = 0) -> Iterator[str]:
    """The lines of a frame, without their ends: `around` lines before and after, the span's first line underlined.

    Nothing when the file has no such line, or the span is a mere "somewhere in this file".
    """
    if span.row > len(lines) or span == Span(1, 0, 1, 0):
        return
    first, last = max(1, span.row - around), min(len(lines), span.row + around)
    while first < span.row and not lines[first - 1].strip():
        first += 1
    while last > span.row and not lines[last - 1].strip():
        last -= 1
    yield _gutter(style, "")
    for row in range(first, last + 1):
        text = lines[row - 1].rstrip("\r\n")
        if row == span.row:
            yield from _underlined(text, span, style, severity)
        else:
            yield _gutter(style, str(row), _cropped(visible(text), 0, style)[0])


def _underlined(text: str, span: Span, style: Style, severity: str) -> Iterator[str]:
    """The span's first line, and below it the marks."""
    end = span.end_column if span.end_row == span.row else len(text.rstrip())
    before, marked = visible(text[: span.column]), visible(text[span.column : max(end, span.column)])
    shown, cut = _cropped(visible(text), len(before), style)
    start = width(visible(text)[cut : len(before)]) + (width(_MARK) if cut else 0)
    room = max(1, width(shown) - start)
    yield _gutter(style, str(span.row), shown)
    yield _gutter(style, "", " " * start + style.palette.paint(severity, "^" * max(1, min(width(marked), room))))


def _cropped(text: str, focus: int, style: Style) -> tuple[str, int]:
    """The part of a long line that holds the character `focus`, and how many characters were cut off before it."""
    text = text.rstrip()
    limit = max(20, (style.columns or _LONGEST) - style.digits - 3)
    if width(text) <= limit:
        return text, 0
    cut = 0 if width(text[:focus]) < limit * 3 // 4 else focus - limit // 4
    room = limit - (width(_MARK) if cut else 0)
    end = cut + room
    while width(text[cut:end]) > room or (end < len(text) and width(text[cut:end]) > room - width(_MARK)):
        end -= 1
    return (_MARK if cut else "") + text[cut:end] + (_MARK if end < len(text) else ""), cut


def _gutter(style: Style, number: str, text: str = "") -> str:
    bar = style.palette.paint("gutter", f"{number:>{style.digits}} |")
    return f"{bar} {text}" if text else bar
