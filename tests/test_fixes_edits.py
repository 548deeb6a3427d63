"""Edits: applied to a text, and nothing else changed."""

from __future__ import annotations

import pytest

from fastapi_session_lint import fixes
from fastapi_session_lint.findings import Edit, Span


def edit(row: int, column: int, end_row: int, end_column: int, content: str) -> Edit:
    return Edit(Span(row, column, end_row, end_column), content)


def test_apply_changes_only_the_spans() -> None:
    text = "one\r\ntwo\x0cthree\nfour"
    edits = [edit(3, 4, 3, 4, "!"), edit(1, 0, 1, 3, "ONE"), edit(2, 3, 2, 4, "")]
    assert fixes.apply(text, edits) == "ONE\r\ntwothree\nfour!"


def test_apply_puts_lines_at_the_end() -> None:
    assert fixes.apply("a\n", [edit(2, 0, 2, 0, "b\n")]) == "a\nb\n"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (edit(1, 0, 1, 2, "x"), edit(1, 1, 1, 3, "y")),
        (edit(1, 1, 1, 1, "x"), edit(1, 1, 1, 1, "y")),
        (edit(1, 0, 1, 3, "x"), edit(1, 2, 1, 2, "y")),
    ],
)
def test_apply_refuses_edits_that_meet(one: Edit, other: Edit) -> None:
    with pytest.raises(fixes.OverlappingEdits):
        fixes.apply("abc\n", [other, one])


@pytest.mark.parametrize("wrong", [edit(3, 0, 3, 1, "x"), edit(9, 0, 9, 0, "x")])
def test_apply_refuses_what_lies_outside(wrong: Edit) -> None:
    with pytest.raises(ValueError, match="outside"):
        fixes.apply("abc\n", [wrong])


@pytest.mark.parametrize(
    ("text", "is_python"), [("x = 1\n", True), ("x = (\n", False), ('f"{x!r:{"a"}}"\n', True), ("", True)]
)
def test_parses(text: str, is_python: bool) -> None:
    assert fixes.parses(text) is is_python
