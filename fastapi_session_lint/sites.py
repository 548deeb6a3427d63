"""Where a finding stands, in words: the function around it, and the statement without what a formatter may change."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from fastapi_session_lint.findings import Finding, Span
from fastapi_session_lint.model.parsing import tree_of
from fastapi_session_lint.source import Source, UndecodableSource, UnparsableSource, decode, split_lines

_STRING = r"""(?:\b[a-z]{1,2})?(?P<quote>\"{3}|'{3}|\"|')(?P<inside>(?:\\.|(?!(?P=quote)).)*)(?P=quote)"""
_TOKEN = re.compile(rf"{_STRING}|#[^\r\n]*", re.IGNORECASE | re.DOTALL)
_LAYOUT = re.compile(r"""[\s()\\,'"]+""")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Part = ast.stmt | ast.ExceptHandler | ast.match_case
_Place = tuple[int, int]


def sited(findings: Iterable[Finding], sources: Mapping[str, Source]) -> list[Finding]:
    """The findings with their sites, so that these need not be looked for again; those that have one keep it.

    A file is parsed once where its findings follow each other; a tree takes much room, so only one is kept.
    """
    told = []
    for path, group in itertools.groupby(findings, key=lambda one: one.path):
        here = list(group)
        if any(one.site is None for one in here):
            file = _read(sources.get(path))
            here = [replace(one, site=_around(file, one.span)) if one.site is None else one for one in here]
        told += here
    return told


class _File(NamedTuple):
    """The lines of a file, and its tree where it can be read."""

    lines: list[str]
    tree: ast.Module | None


def _read(source: Source | None) -> _File:
    try:
        text = decode(source.data).text if source is not None else ""
    except UndecodableSource:
        return _File([], None)
    try:
        return _File(split_lines(text), tree_of(text))
    except (UnparsableSource, RecursionError):
        return _File(split_lines(text), None)


def _around(file: _File, span: Span) -> tuple[str, str]:
    """The function around a place, and what stands there."""
    if span.row > len(file.lines):
        return "", ""
    place = (span.row, len(file.lines[span.row - 1][: span.column].encode(errors="surrogatepass")))
    parts = list(_parts(file.tree, place)) if file.tree is not None else []
    function = ".".join(one.name for one in parts if isinstance(one, _DEFINITIONS))
    if not parts:
        return function, _bare(file.lines[span.row - 1]) or file.lines[span.row - 1].strip()
    last = parts[-1]
    # The head of a function names all its parameters: one more is no other finding.
    start, end = _start(last), _head_end(last)
    if isinstance(last, _DEFINITIONS) and place != start:
        start, end = place, min(_bytes_of(file.lines, span.end), end)
    return function, _bare(_cut(file.lines, start, end))


def _parts(tree: ast.Module, place: _Place) -> Iterator[_Part]:
    """The statements and handlers around a place, from the outermost."""
    inside: _Part | ast.Module | None = tree
    while inside is not None:
        inside = next((one for one in reversed(_below(inside)) if _start(one) <= place <= _end(one)), None)
        if inside is not None:
            yield inside


def _below(part: _Part | ast.Module) -> Sequence[_Part]:
    return [one for one in ast.iter_child_nodes(part) if isinstance(one, _Part)]


def _start(part: _Part) -> _Place:
    if isinstance(part, ast.match_case):
        return part.pattern.lineno, part.pattern.col_offset
    first = part.decorator_list[0] if isinstance(part, _DEFINITIONS) and part.decorator_list else part
    return first.lineno, first.col_offset


def _end(part: _Part) -> _Place:
    last = part.body[-1] if isinstance(part, ast.match_case) else part
    return last.end_lineno or last.lineno, last.end_col_offset or last.col_offset


def _head_end(part: _Part) -> _Place:
    """Where the first statement inside begins, or the statement ends that has none."""
    return min((_start(one) for one in _below(part)), default=_end(part))


def _bytes_of(lines: list[str], place: _Place) -> _Place:
    row, column = place
    return row, len(lines[row - 1][:column].encode(errors="surrogatepass")) if row <= len(lines) else 0


def _cut(lines: list[str], start: _Place, end: _Place) -> str:
    """The text between two places, whose columns count bytes as `ast` does."""
    rows = [line.encode(errors="surrogatepass") for line in lines[start[0] - 1 : end[0]]]
    if rows:
        rows[-1] = rows[-1][: end[1]]
        rows[0] = rows[0][start[1] :]
    return b"".join(rows).decode(errors="replace")


def _bare(text: str) -> str:
    """The text without what a formatter may change."""
    return _LAYOUT.sub("", _TOKEN.sub(lambda found: found["inside"] or "", text)).casefold()
