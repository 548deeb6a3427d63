"""The creation of a session moved from the beginning of a try to before it."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.sessions import Creation, creation_at
from fastapi_session_lint.fixes.suites import first_row
from fastapi_session_lint.fixes.tree import Scope, Tree


def move_out_of_try(tree: Tree, repair: Repair) -> Fix | None:
    """The rows of the creation, with the comments above them, put above the `try:` that they are the first rows of.

    In a loop the handlers may be meant to go on with the next round when a later creation fails: unsafe.
    """
    call = tree.find(repair.span, cst.Call)
    made = creation_at(tree, call) if call else None
    attempt = tree.parent(made.suite.block) if made else None
    if made is None or not isinstance(attempt, cst.Try | cst.TryStar) or not _can_move(tree, made, attempt):
        return None
    first, last = first_row(tree, made.suite, 0), made.suite.steps[0].end[0]
    above = tree.start(attempt)[0]
    outer, inner = tree.indentation(above), made.suite.indentation
    rows = [tree.lines[row - 1] for row in range(first, last + 1)]
    draft = Draft()
    draft.insert((above, 0), "".join(outer + row.removeprefix(inner) if row.strip() else row for row in rows))
    following = last + 1
    while tree.is_blank(following):
        following += 1
    draft.delete((first, 0), (following, 0))
    is_safe = not (attempt.handlers and _is_in_loop(tree, attempt))
    applicability = Applicability.SAFE if is_safe else Applicability.UNSAFE
    return Fix(f"Make `{made.name}` before the try", applicability, draft.edits())


def _can_move(tree: Tree, made: Creation, attempt: cst.Try | cst.TryStar) -> bool:
    """Whether the creation is the first of several statements of the try, in rows of its own."""
    steps = made.suite.steps
    if attempt.body is not made.suite.block or made.suite.is_inline or made.index or len(steps) == 1:
        return False
    rows = range(first_row(tree, made.suite, 0), steps[0].end[0] + 1)
    return not steps[1].is_joined and tree.frozen_rows.isdisjoint(rows)


def _is_in_loop(tree: Tree, node: cst.CSTNode) -> bool:
    for above in tree.ancestors(node):
        if isinstance(above, Scope):
            return False
        if isinstance(above, cst.For | cst.While):
            return True
    return False
