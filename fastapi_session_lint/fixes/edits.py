"""Text edits: collected one by one while a fix is made, and applied to a text."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi_session_lint.findings import Edit, Span
from fastapi_session_lint.source import split_lines

Point = tuple[int, int]
"""A row from 1 and a column from 0, in code points."""


class OverlappingEdits(ValueError):
    """Two edits touch the same stretch of text."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made; everything outside their spans stays as it is.

    Raises OverlappingEdits, and ValueError for a span that lies outside the text.
    """
    starts = _row_starts(text)
    parts = []
    position = 0
    previous: Span | None = None
    for edit in sorted(edits, key=lambda edit: edit.span):
        if previous is not None and collide(previous, edit.span):
            raise OverlappingEdits(f"two edits meet at row {edit.span.row}, column {edit.span.column}")
        previous = edit.span
        begin, end = _offset(starts, start_of(edit.span)), _offset(starts, end_of(edit.span))
        parts += [text[position:begin], edit.content]
        position = end
    return "".join([*parts, text[position:]])


def _row_starts(text: str) -> list[int]:
    starts = [0]
    for line in split_lines(text):
        starts.append(starts[-1] + len(line))
    return starts


def _offset(starts: list[int], point: Point) -> int:
    row, column = point
    if not 1 <= row <= len(starts) or starts[row - 1] + column > starts[-1]:
        raise ValueError(f"row {row}, column {column} lies outside the text")
    return starts[row - 1] + column


def start_of(span: Span) -> Point:
    """Where the span begins."""
    return span.row, span.column


def end_of(span: Span) -> Point:
    """Where the span ends, exclusive."""
    return span.end_row, span.end_column


def collide(one: Span, other: Span) -> bool:
    """Whether two spans share a stretch, or begin at the same point, where the order of insertions would be unclear."""
    first, second = sorted((one, other))
    return start_of(second) < end_of(first) or start_of(first) == start_of(second)


class Draft:
    """The edits of one fix while it is made; what meets at one point is merged in the order it was asked for."""

    def __init__(self) -> None:
        self._changes: list[tuple[Point, Point, str]] = []

    def insert(self, point: Point, content: str) -> None:
        """Put `content` at a point."""
        self._changes.append((point, point, content))

    def replace(self, start: Point, end: Point, content: str) -> None:
        """Put `content` in place of what lies between two points."""
        self._changes.append((start, end, content))

    def delete(self, start: Point, end: Point) -> None:
        """Take out what lies between two points."""
        self._changes.append((start, end, ""))

    def take(self, other: Draft) -> None:
        """Add what another draft holds."""
        self._changes += other._changes

    def touches(self, start: Point, end: Point) -> bool:
        """Whether anything is changed between two points."""
        return any(start <= first and last <= end for first, last, _ in self._changes)

    def edits(self) -> tuple[Edit, ...]:
        """The edits in the order of the text, no two at one point. Raises OverlappingEdits."""
        merged: list[tuple[Point, Point, str]] = []
        for start, end, content in sorted(self._changes, key=lambda change: (change[0], change[1])):
            if merged and start < merged[-1][1]:
                raise OverlappingEdits(f"two edits meet at row {start[0]}, column {start[1]}")
            if merged and start == merged[-1][1]:
                first, _, before = merged.pop()
                merged.append((first, end, before + content))
            else:
                merged.append((start, end, content))
        return tuple(Edit(Span(*start, *end), content) for start, end, content in merged if content or start != end)
