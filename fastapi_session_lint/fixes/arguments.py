"""One more argument or dict element, in the layout of those that are there."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from fastapi_session_lint.fixes.edits import Draft, Point
from fastapi_session_lint.fixes.tree import Tree

_REST_OF_ROW = re.compile(r"[ \t]*(#.*)?\Z")


def add_keyword(tree: Tree, draft: Draft, call: cst.Call, name: str, value: str) -> None:
    """Add `name=value` behind the last argument of a call, with spaces around the `=` where all others have them."""
    end = tree.bare_end(call)
    signs = {tree.source(tree.end(one.keyword), tree.start(one.value)) for one in call.args if one.keyword}
    sign = " = " if signs == {" = "} else "="
    _add(tree, draft, call.args, f"{name}{sign}{value}", (end[0], end[1] - 1))


def add_element(tree: Tree, draft: Draft, display: cst.Dict, text: str) -> None:
    """Add an element behind the last one of a dict display."""
    end = tree.bare_end(display)
    _add(tree, draft, display.elements, text, (end[0], end[1] - 1))


def _add(tree: Tree, draft: Draft, items: Sequence[cst.CSTNode], text: str, closing: Point) -> None:
    """Add an item before the closing bracket: on a row of its own where the last item begins one."""
    if not items:
        draft.insert(closing, text)
        return
    append_item(tree, draft, items[-1], text)


def append_item(tree: Tree, draft: Draft, last: cst.CSTNode, text: str) -> None:
    """Add an item behind the last one of a list with commas; a comma at the list's end stays the custom."""
    row, column = tree.start(last)
    ending = "," if isinstance(getattr(last, "comma", None), cst.Comma) else ""
    behind = tree.end(last.comma) if ending else tree.end(_content(last))  # type: ignore[attr-defined]  # looked at above
    if not begins_row(tree, last):
        draft.insert(behind, f" {text}," if ending else f", {text}")
        return
    if not ending:
        draft.insert(behind, ",")
    own_row = tree.newline(row) + tree.line(row)[:column] + text + ending
    is_last_on_row = _REST_OF_ROW.match(tree.line(behind[0]), behind[1])
    draft.insert(tree.row_end(behind[0]) if is_last_on_row else behind, own_row)


def begins_row(tree: Tree, item: cst.CSTNode) -> bool:
    """Whether an item of a list begins a row, and another may: without brackets each row needs a backslash."""
    row, column = tree.start(item)
    above = tree.parent(item)
    return not tree.line(row)[:column].strip() and not (isinstance(above, cst.ImportFrom) and above.lpar is None)


def _content(item: cst.CSTNode) -> cst.CSTNode:
    """What of an item stands before its comma."""
    match item:
        case cst.Arg(value=value) | cst.DictElement(value=value):
            return value
        case cst.ImportAlias(asname=cst.AsName(name=value)) | cst.ImportAlias(name=value):
            return value
    return item
