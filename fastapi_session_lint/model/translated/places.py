"""Where libcst nodes stand, in the form of `ast`: 1-based lines and 0-based columns in UTF-8 bytes."""

from __future__ import annotations

from typing import Any, TypedDict

import libcst as cst
from libcst.metadata import CodePosition, MetadataWrapper, PositionProvider

from fastapi_session_lint.model.translated.alignment import align, split_lines


class Position(TypedDict):
    """The four attributes of an `ast` node."""

    lineno: int
    col_offset: int
    end_lineno: int
    end_col_offset: int


class Places:
    """The positions of the nodes of one module.

    In both trees an expression goes from its first to its last token, without the parentheses around it. A node that
    holds an expression (a statement, an argument, a binary operation) includes that expression's parentheses, so
    `start` and `end` of an expression are those with its parentheses. These are places in the code that libcst gives
    back; only `span` and `text` go over to the text that was read.
    """

    def __init__(self, module: cst.Module, text: str) -> None:
        """Measures every node once; `text` is what the module was parsed from."""
        self._ranges = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
        code = module.code
        self._alignment = None if code == text else align(code, text)
        self._lines = split_lines(code if self._alignment is None else text)

    def start(self, node: cst.CSTNode) -> CodePosition:
        """Where a node begins, with its parentheses."""
        opening = _parentheses(node, "lpar")
        return self._ranges[opening[0] if opening else node].start

    def end(self, node: cst.CSTNode) -> CodePosition:
        """Where a node ends, with its parentheses."""
        closing = _parentheses(node, "rpar")
        return self._ranges[closing[-1] if closing else node].end

    def of(self, node: cst.CSTNode) -> Position:
        """A node without its parentheses."""
        found = self._ranges[node]
        return self.span(found.start, found.end)

    def within(self, node: cst.BaseExpression | cst.MatchPattern) -> Position:
        """A node with the innermost pair of its parentheses, which are part of a tuple or generator."""
        return self.span(self._ranges[node.lpar[-1]].start, self._ranges[node.rpar[0]].end)

    def between(self, first: cst.CSTNode, last: cst.CSTNode) -> Position:
        """From the first token of one node to the last of another."""
        return self.span(self.start(first), self.end(last))

    def span(self, start: CodePosition, end: CodePosition) -> Position:
        """Two places in code points as a position in bytes."""
        if self._alignment is not None:
            start, end = self._alignment.start(start), self._alignment.end(end)
        return Position(
            lineno=start.line,
            col_offset=self._bytes_before(start),
            end_lineno=end.line,
            end_col_offset=self._bytes_before(end),
        )

    def text(self, start: CodePosition, end: CodePosition) -> str:
        """The source between two places, its lines ended by one line feed each."""
        if self._alignment is not None:
            start, end = self._alignment.start(start), self._alignment.end(end)
        lines = self._lines[start.line - 1 : end.line]
        lines[-1] = lines[-1][: end.column]
        lines[0] = lines[0][start.column :]
        return "\n".join(lines)

    def _bytes_before(self, place: CodePosition) -> int:
        line = self._lines[place.line - 1]
        return place.column if line.isascii() else len(line[: place.column].encode())


def _parentheses(node: cst.CSTNode, side: str) -> Any:
    """The parentheses around a node; those of an import or a class are its own tokens, not around it."""
    return getattr(node, side) if isinstance(node, cst.BaseExpression | cst.MatchPattern) else ()


def moved(place: CodePosition, columns: int) -> CodePosition:
    """A place some columns on, in the same line."""
    return CodePosition(place.line, place.column + columns)
