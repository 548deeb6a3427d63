"""A file without the definitions in which nothing is to be repaired: libcst takes long for what nobody asks about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fastapi_session_lint.findings import Span
from fastapi_session_lint.source import split_lines

_WORTHWHILE = 4
"""At least one in so many rows has to be left out: where that was too much, all is parsed once more."""
_WORDS = re.compile(r"\w+")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)


class Shortened(NamedTuple):
    """A text in which each definition that was left out is a pair of parentheses over the same rows.

    `left_out` are the words that stand in these definitions.
    """

    text: str
    left_out: frozenset[str]


class _Rows(NamedTuple):
    """The rows of a definition, with its decorators, and the column at which it begins."""

    first: int
    last: int
    column: int


def shortened(text: str, spans: Sequence[Span]) -> Shortened | None:
    """A file with those functions of its module and classes alone that hold one of the spans.

    None where a span stands in no function, too little would be left out, or `ast` cannot read the file.
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    rows = sorted({span.row for span in spans})
    if not all(_is_in_function(row, body) for row in rows):
        return None
    lines = split_lines(text)
    left_out = list(_idle(body, rows))
    if sum(one.last - one.first + 1 for one in left_out) * _WORTHWHILE < len(lines):
        return None
    words: set[str] = set()
    for one in left_out:
        words.update(_WORDS.findall("".join(lines[one.first - 1 : one.last])))
        _leave_out(lines, one)
    return Shortened("".join(lines), frozenset(words))


def _is_in_function(row: int, body: Sequence[ast.stmt]) -> bool:
    """Whether a row belongs to a function of the module, or of a class in it."""
    holder = next((one for one in body if isinstance(one, _DEFINITIONS) and _holds(one, row)), None)
    return isinstance(holder, _FUNCTIONS) or (isinstance(holder, ast.ClassDef) and _is_in_function(row, holder.body))


def _idle(body: Sequence[ast.stmt], rows: Sequence[int]) -> Iterator[_Rows]:
    """The definitions that hold none of the rows, in a body and the classes in it that hold one."""
    for one in body:
        if not isinstance(one, _DEFINITIONS):
            continue
        if not any(_holds(one, row) for row in rows):
            yield _place(one)
        elif isinstance(one, ast.ClassDef):
            yield from _idle(one.body, rows)


def _holds(definition: ast.stmt, row: int) -> bool:
    place = _place(definition)
    return place.first <= row <= place.last


def _place(definition: ast.stmt) -> _Rows:
    assert isinstance(definition, _DEFINITIONS)
    first = min((one.lineno for one in definition.decorator_list), default=definition.lineno)
    return _Rows(first, definition.end_lineno or definition.lineno, definition.col_offset)


def _leave_out(lines: list[str], place: _Rows) -> None:
    """Put parentheses in the place of a definition; every row keeps its number and its ending."""
    for row in range(place.first, place.last + 1):
        line = lines[row - 1]
        start = line[: place.column] + "(" if row == place.first else ""
        end = ")" if row == place.last else ""
        lines[row - 1] = start + end + line[len(line.rstrip("\r\n")) :]
