"""Comments that suppress findings: which there are in a text, what each of them suppresses, and which do nothing.

`# fsl: ignore[FSL101]` speaks for its line, and for the whole statement when it stands on its first or last line;
`# fsl: file-ignore[FSL101]` for the file; `# fsl: disable[FSL101]` for what follows, up to `# fsl: enable[FSL101]` or
the end. Without brackets every code is meant, a code may be cut short to name a family, and a reason may follow after
`--`. `# noqa` and `# flake8: noqa` are read as flake8 reads them, but for `# noqa: FSL`, which names a family here too:
https://flake8.pycqa.org/en/stable/user/violations.html
"""

from __future__ import annotations

import enum
import re
import tokenize
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fastapi_session_lint.findings import Finding, Heeded, Span
from fastapi_session_lint.source import split_lines

PREFIX = "FSL"
_OWN_MARK = b"fsl:"
_NOQA_MARK = b"noqa"
_OWN_PREFIX = b"fsl"
_OWN = re.compile(
    r"#\s*fsl:\s*(?P<kind>ignore|file-ignore|disable|enable)\b(?:\s*\[(?P<codes>[^\]#]*)\])?(?:\s*--[^#]*)?",
    re.IGNORECASE,
)
_LISTED = r"(?::\s?(?P<codes>(?:(?:[a-z]+[0-9]+|fsl\b)[,\s]*)+))?"
_NOQA = re.compile(rf"# noqa{_LISTED}", re.IGNORECASE)
_FILE_NOQA = re.compile(rf"\s*# flake8[:=]\s*noqa{_LISTED}", re.IGNORECASE)
_CODE = re.compile(r"[^\s,]+")
_UNSEEN = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


class Kind(enum.Enum):
    """What a comment asks for."""

    IGNORE = "ignore"
    FILE_IGNORE = "file-ignore"
    DISABLE = "disable"
    ENABLE = "enable"
    NOQA = "noqa"
    FILE_NOQA = "flake8: noqa"

    @property
    def is_own(self) -> bool:
        """Whether no other tool reads it."""
        return self not in (Kind.NOQA, Kind.FILE_NOQA)


@dataclass(frozen=True, slots=True)
class Comment:
    """One such comment. `codes` are None for every code; `first` and `last` are the rows that it speaks for.

    `span` holds it with its reason, `code_spans` hold the codes.
    """

    kind: Kind
    codes: tuple[str, ...] | None
    span: Span
    code_spans: tuple[Span, ...]
    first: int
    last: int

    def names(self, code: str) -> bool:
        """Whether a rule's code is meant."""
        return self.codes is None or code.startswith(self.codes)


class Unused(NamedTuple):
    """A comment with those of its codes that suppress nothing; none where it names none itself."""

    comment: Comment
    codes: tuple[str, ...]


def may_suppress(data: bytes, *, is_reported: bool) -> bool:
    """Whether a file has to be read for its comments: where nothing is reported only for those that name our codes."""
    lower = data.lower()
    if _OWN_PREFIX not in lower and not (is_reported and _NOQA_MARK in lower):
        return False
    if any(b"#" in row[: row.find(_OWN_MARK)] for row in _rows_with(_OWN_MARK, lower)):
        return True
    rows = (row for row in _rows_with(_NOQA_MARK, lower) if b"#" in row)
    return any(is_reported or _OWN_PREFIX in row for row in rows)


def _rows_with(mark: bytes, data: bytes) -> Iterator[bytes]:
    """The rows that have a mark. Most files have none, and to look for one is quicker than any pattern."""
    at = data.find(mark)
    while at >= 0:
        end = data.find(b"\n", at)
        end = len(data) if end < 0 else end
        yield data[data.rfind(b"\n", 0, at) + 1 : end]
        at = data.find(mark, end)


# --- reading ---


def comments(text: str, heeded: Heeded = Heeded.ALL) -> list[Comment]:
    """The comments of a text that count, in their order."""
    lines = split_lines(text)
    found: list[Comment] = []
    for row, column, comment, near in _commented(lines):
        found += _read(row, column, comment, near, len(lines) + 1)
        whole = _FILE_NOQA.match(lines[row - 1])
        if whole is not None:
            found.append(_comment(Kind.FILE_NOQA, whole, row, 0, (1, len(lines) + 1)))
    return [one for one in found if heeded is Heeded.ALL or (heeded is Heeded.OWN and one.kind.is_own)]


class _Near(NamedTuple):
    """The rows of the statement that a comment stands in, and of those the ones that flake8 takes for one line."""

    statement: tuple[int, int]
    line: tuple[int, int]


def _commented(lines: list[str]) -> Iterator[tuple[int, int, str, _Near]]:
    """Every comment by its row, its column and its text."""
    waiting: list[tuple[int, int, str, tuple[int, int]]] = []
    fresh: list[tuple[int, int, str]] = []
    begin = line = 0
    try:
        for kind, string, start, end, _ in tokenize.generate_tokens(iter([*lines, ""]).__next__):
            line = line or start[0]
            begin = begin or (0 if kind in _UNSEEN else start[0])
            if kind == tokenize.COMMENT:
                fresh.append((*start, string))
            if kind in (tokenize.NL, tokenize.NEWLINE):
                waiting += [(*one, (line, end[0])) for one in fresh]
                fresh, line = [], 0
            if kind == tokenize.NEWLINE or (kind == tokenize.NL and not begin):
                for row, column, comment, rows in waiting:
                    yield row, column, comment, _Near((begin or row, start[0]), rows)
                waiting, begin = [], 0
    except (tokenize.TokenError, SyntaxError):
        pass  # grammar that this Python does not know: what follows cannot be told from the text of strings
    for row, column, comment in [*[one[:3] for one in waiting], *fresh]:
        yield row, column, comment, _Near((row, row), (row, row))


def _read(row: int, column: int, text: str, near: _Near, rows: int) -> Iterator[Comment]:
    for own in _OWN.finditer(text):
        kind = Kind(own["kind"].lower())
        reach = (row, row)
        if kind is Kind.IGNORE and row in near.statement:
            reach = near.statement
        elif kind is not Kind.IGNORE:
            reach = (1 if kind is Kind.FILE_IGNORE else row, rows)
        yield _comment(kind, own, row, column, reach)
    if found := _NOQA.search(text):
        yield _comment(Kind.NOQA, found, row, column, near.line)


def _comment(kind: Kind, found: re.Match[str], row: int, column: int, reach: tuple[int, int]) -> Comment:
    words = list(_CODE.finditer(found["codes"])) if found["codes"] is not None else None
    start = column + found.start("codes")
    spans = tuple(Span(row, start + one.start(), row, start + one.end()) for one in words or ())
    codes = None if words is None else tuple(one[0].upper() for one in words)
    begin = column + found.start()
    return Comment(kind, codes, Span(row, begin, row, begin + len(found[0].rstrip())), spans, *reach)


# --- applying ---


def suppressing(found: Iterable[Comment], code: str, row: int) -> list[Comment]:
    """The comments that suppress a code on a row."""
    return [
        one
        for one in found
        if one.kind is not Kind.ENABLE
        and one.first <= row <= one.last
        and one.names(code)
        and not (one.kind is Kind.DISABLE and any(_ends(other, one, code, row) for other in found))
    ]


def _ends(comment: Comment, disabled: Comment, code: str, row: int) -> bool:
    return comment.kind is Kind.ENABLE and disabled.first < comment.first <= row and comment.names(code)


def suppress(findings: Iterable[Finding], found: list[Comment]) -> tuple[list[Finding], dict[int, set[str]]]:
    """The findings of a file that are left, and for each comment, by its index, the codes of those that are not."""
    left: list[Finding] = []
    used: dict[int, set[str]] = defaultdict(set)
    for finding in findings:
        by = suppressing(found, finding.code, finding.span.row)
        for one in by:
            used[found.index(one)].add(finding.code)
        if not by:
            left.append(finding)
    return left, used


def may_be_unused(comment: Comment) -> bool:
    """Whether it could be said of a comment that it suppresses nothing: whether it is ours, or names a code of ours."""
    return comment.kind.is_own or any(one.startswith(PREFIX) for one in comment.codes or ())


def unused(
    found: list[Comment], used: dict[int, set[str]], ran: Collection[str], known: Collection[str]
) -> Iterator[Unused]:
    """The comments that suppress nothing, as far as the rules that `ran` can tell; `known` are all codes."""
    for index, one in enumerate(found):
        if one.kind in (Kind.ENABLE, Kind.FILE_NOQA) or (one.codes is None and not one.kind.is_own):
            continue
        idle = [code for code in one.codes or ("",) if _is_idle(code, one, used.get(index, set()), ran, known)]
        if idle:
            yield Unused(one, tuple(code for code in idle if code))


def _is_idle(code: str, comment: Comment, used: set[str], ran: Collection[str], known: Collection[str]) -> bool:
    meant = [one for one in known if one.startswith(code)]
    if not comment.kind.is_own and (not code.startswith(PREFIX) or not meant):
        return False  # another tool's
    return all(one in ran for one in meant) and not any(one.startswith(code) for one in used)
