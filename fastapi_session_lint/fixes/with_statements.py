"""`with` turned into `async with`, or the other way round."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.tree import Tree


def swap_with(tree: Tree, repair: Repair) -> Fix | None:
    """The statement in its other form, in an async function and where it enters one thing only.

    Unsafe: the calls in the block may need another number of awaits as well.
    """
    statement = tree.find(repair.span, cst.With)
    if statement is None or len(statement.items) != 1 or not tree.is_in_async_function(statement):
        return None
    if repair.is_async == (statement.asynchronous is not None):
        return None
    start = tree.bare_start(statement)
    draft = Draft()
    if statement.asynchronous is None:
        draft.insert(start, "async ")
        return Fix("Use `async with`", Applicability.UNSAFE, draft.edits())
    space = statement.asynchronous.whitespace_after
    length = len("async") + len(tree.module.code_for_node(space))
    draft.delete(start, (start[0], start[1] + length))
    return Fix("Use `with`", Applicability.UNSAFE, draft.edits())
