"""Writing `# fsl: ignore[…]` comments: where one can stand for a finding, and what is added to one that is there."""

from __future__ import annotations

import tokenize
from collections.abc import Iterable, Iterator, Mapping

from fastapi_session_lint.findings import Edit, Heeded, Span
from fastapi_session_lint.source import split_lines
from fastapi_session_lint.suppressions import Comment, Kind, comments


def ignoring(text: str, codes: Mapping[int, Iterable[str]], reason: str | None = None) -> list[Edit]:
    """Edits that suppress the codes on their rows, with the reason where a comment is new.

    A comment cannot stand on a row that ends inside a string or in a backslash: there it stands at the end of the
    statement, and speaks for all of it. Rows for which no place is found are left out.
    """
    ends = _ends(text)
    wanted: dict[int, list[str]] = {}
    for row in sorted(codes):
        place = ends.get(row)
        if place is not None:
            found = wanted.setdefault(place, [])
            found += [code for code in sorted(codes[row]) if code not in found]
    there = {one.span.row: one for one in comments(text, Heeded.OWN) if one.kind is Kind.IGNORE and one.codes}
    lines = split_lines(text)
    return [
        _added_to(there[row], some) if row in there else _appended(row, lines[row - 1], some, reason)
        for row, some in wanted.items()
    ]


def _added_to(comment: Comment, codes: Iterable[str]) -> Edit:
    row, column = comment.code_spans[-1].end
    new = "".join(f", {code}" for code in codes if code not in (comment.codes or ()))
    return Edit(Span(row, column, row, column), new)


def _appended(row: int, line: str, codes: Iterable[str], reason: str | None) -> Edit:
    bare = line.rstrip("\r\n")
    code = bare.rstrip()
    why = f" -- {reason}" if reason else ""
    return Edit(Span(row, len(code), row, len(bare)), f"  # fsl: ignore[{', '.join(codes)}]{why}")


def _ends(text: str) -> dict[int, int]:
    """For each row the one at whose end a comment about it can stand, as far as the text can be read."""
    found: dict[int, int] = {}
    for first, last, open_rows in _statements(text):
        for row in range(first, last + 1):
            found[row] = row if row in open_rows else last
    return found


def _statements(text: str) -> Iterator[tuple[int, int, set[int]]]:
    """The first and last row of each statement, and the rows in it that a comment can end."""
    first = 0
    open_rows: set[int] = set()
    try:
        for token in tokenize.generate_tokens(iter([*split_lines(text), ""]).__next__):
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                open_rows.add(token.start[0])
            if token.type == tokenize.NEWLINE:
                yield first or token.start[0], token.start[0], open_rows
                first, open_rows = 0, set()
            elif token.type not in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
                first = first or token.start[0]
    except (tokenize.TokenError, SyntaxError):
        return  # grammar that this Python does not know
