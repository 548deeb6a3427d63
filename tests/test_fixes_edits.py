"""Edits: applied to a text, and nothing else changed."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest

from fastapi_session_lint import fixes
from fastapi_session_lint.findings import Edit, Span
from fastapi_session_lint.fixes import tree


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


def test_the_quick_way_to_a_nodes_parts_gives_what_libcst_gives() -> None:
    """Same nodes in the same order, trivia aside, over a file with every kind of statement."""
    source = Path(__file__).with_name("test_places.py").read_text() + ODD
    stack: list[cst.CSTNode] = [cst.parse_module(source)]
    while stack:
        node = stack.pop()
        ours = list(tree.children(node))
        wanted = {id(one) for one in ours}
        assert [id(one) for one in ours] == [id(one) for one in node.children if id(one) in wanted], type(node)
        left_out = [one for one in node.children if id(one) not in wanted]
        assert not [one for one in left_out if isinstance(one, cst.BaseExpression | cst.BaseStatement | cst.Param)]
        stack += ours


ODD = """
class A[T](B, metaclass=C):
    @deco(1)
    async def f[U: int](self, a, /, b: int = 1, *c: int, d=2, **e) -> int:
        try: x = y if z else [i async for i in j if k]
        except* (ValueError, KeyError) as error: raise
        match x:
            case {"a": 1, **rest} if rest: pass
            case C(1, k=[2, *others]) | None: pass
        with (a as b, c): from ..m import n as o; import p.q as r
        return lambda s, *t, u=1: (s[1:2, ...], f"{t!r:>{u}}", {**v, 1: w}, await x, not y < z <= 1, (m := n))
"""
