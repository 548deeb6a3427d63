"""A commit inside a `begin()` block taken away, or turned into a flush."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.removal import drop
from fastapi_session_lint.fixes.suites import statement_of, suite_of
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.vocabulary import SESSION_METHODS, Action


def drop_commit(tree: Tree, repair: Repair) -> Fix | None:
    """The commit dropped where it is the last statement of its block; elsewhere `flush` in place of `commit`."""
    call = tree.find(repair.span, cst.Call)
    if call is None or not isinstance(call.func, cst.Attribute):
        return None
    return _dropped(tree, call) or _flushing(tree, call.func)


def _flushing(tree: Tree, function: cst.Attribute) -> Fix | None:
    if function.attr.value != Action.COMMIT.value:
        return None
    draft = Draft()
    draft.replace(tree.start(function.attr), tree.end(function.attr), Action.FLUSH.value)
    return Fix("Use `flush()`", Applicability.UNSAFE, draft.edits())


def _dropped(tree: Tree, call: cst.Call) -> Fix | None:
    statement = statement_of(tree, call)
    whole = call if not isinstance(tree.parent(call), cst.Await) else tree.parent(call)
    if not isinstance(statement, cst.Expr) or statement.value is not whole:
        return None
    owner = suite_of(tree, statement)
    if owner is None or owner.steps[-1].node is not statement or not _commits(tree.parent(owner.block)):
        return None
    draft = Draft()
    drop(tree, draft, owner, len(owner.steps) - 1)
    return Fix("Remove the commit", Applicability.SAFE, draft.edits())


def _commits(block: cst.CSTNode | None) -> bool:
    """Whether the first thing that happens when a block is left is the end of a `begin()`."""
    if not isinstance(block, cst.With):
        return False
    match block.items[-1].item:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))):
            return SESSION_METHODS.get(name) is Action.BEGIN
    return False
