"""The body of a try statement inside a savepoint, so that what fails there takes nothing else along."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.names import bound_names
from fastapi_session_lint.fixes.optional_sessions import may_be_none
from fastapi_session_lint.fixes.sessions import dotted, is_awaited, own_nodes, subject_name
from fastapi_session_lint.fixes.suites import Shape, Suite, reshape, suite
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.vocabulary import NESTED_METHOD


def add_savepoint(tree: Tree, repair: Repair) -> Fix | None:
    """`with db.begin_nested():` around all that the try statement of the handler at the span tries.

    None where the block would stop at a yield, or the session is only known there.
    """
    handler = tree.find(repair.span, cst.ExceptHandler) or tree.find(repair.span, cst.ExceptStarHandler)
    attempt = tree.parent(handler) if handler is not None else None
    body = suite(tree, attempt.body) if isinstance(attempt, cst.Try | cst.TryStar) else None
    if attempt is None or body is None or not repair.subject or _is_nested(body, repair.subject):
        return None
    if repair.is_async and not tree.is_in_async_function(attempt):
        return None
    if not repair.is_async and is_awaited(tree, tree.scope(attempt), repair.subject):
        return None
    if may_be_none(tree, attempt, repair.subject):
        return None
    nodes = [step.node for step in body.steps]
    if subject_name(repair.subject) in bound_names(tree, nodes) or any(any(own_nodes(one, cst.Yield)) for one in nodes):
        return None
    header = f"{'async ' if repair.is_async else ''}with {repair.subject}.{NESTED_METHOD}():"
    shape = Shape(before={0: [header]})
    shape.indent(0, len(body.steps) - 1)
    draft = Draft()
    reshape(tree, draft, body, shape)
    return Fix("Try it in a savepoint", Applicability.UNSAFE, draft.edits())


def _is_nested(body: Suite, subject: str) -> bool:
    """Whether a suite is in a savepoint already."""
    match body.steps[0].node:
        case cst.With(items=[cst.WithItem(item=cst.Call(func=function)), *_]):
            return dotted(function) == f"{subject}.{NESTED_METHOD}"
    return False
