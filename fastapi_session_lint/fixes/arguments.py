"""One more argument or dict element, in the layout of those that are there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from fastapi_session_lint.fixes.edits import Draft, Point
from fastapi_session_lint.fixes.tree import Tree

_REST_OF_ROW = re.compile(r"[ \t]*(#.*)?\Z")


def add_keyword(tree: Tree, draft: Draft, call: cst.Call, name: str, value: str) -> None:
    """Add `name=value` behind the last argument of a call."""
    end = tree.bare_end(call)
    _add(tree, draft, call.args, f"{name}={value}", (end[0], end[1] - 1))


def add_element(tree: Tree, draft: Draft, display: cst.Dict, text: str) -> None:
    """Add an element behind the last one of a dict display."""
    end = tree.bare_end(display)
    _add(tree, draft, display.elements, text, (end[0], end[1] - 1))


def _add(tree: Tree, draft: Draft, items: Sequence[cst.CSTNode], text: str, closing: Point) -> None:
    """Add an item before the closing bracket: on a row of its own where the last item begins one."""
    if not items:
        draft.insert(closing, text)
        return
    start, end = tree.start(items[-1]), _end(tree, items[-1])
    comma = tree.lines[end[0] - 1][end[1] : end[1] + 1] == "," if _has_comma(items[-1]) else False
    behind = (end[0], end[1] + 1) if comma else end
    if tree.line(start[0])[: start[1]].strip():
        draft.insert(behind, f" {text}," if comma else f", {text}")
        return
    if not comma:
        draft.insert(end, ",")
    own_row = tree.newline(start[0]) + tree.line(start[0])[: start[1]] + text
    if _REST_OF_ROW.match(tree.line(behind[0]), behind[1]):
        draft.insert(tree.row_end(behind[0]), own_row + ("," if comma else ""))
    else:
        draft.insert(behind, own_row + ("," if comma else ""))


def _has_comma(item: cst.CSTNode) -> bool:
    return isinstance(getattr(item, "comma", None), cst.Comma)


def _end(tree: Tree, item: cst.CSTNode) -> Point:
    value = item.value if isinstance(item, cst.Arg | cst.DictElement) else item
    return tree.end(value)
