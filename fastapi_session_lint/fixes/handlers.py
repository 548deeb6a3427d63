"""What an except handler lacks: the rollback at its head, the raise at its end; and a handler for a bare commit."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.names import is_binding, scope_mentions
from fastapi_session_lint.fixes.optional_sessions import may_be_none
from fastapi_session_lint.fixes.sessions import call_text, close_at, dotted, is_awaited, subject_name
from fastapi_session_lint.fixes.suites import (
    Shape,
    Step,
    Suite,
    after_colon,
    reshape,
    statement_of,
    suite,
    suite_of,
    suites_inside,
)
from fastapi_session_lint.fixes.tree import Tree

_LEVEL = "\t"
"""Stands for one level of a handler's indentation."""


def add_rollback(tree: Tree, repair: Repair) -> Fix | None:
    """`rollback()` as the first statement of the handler."""
    lines = [call_text(repair.subject, "rollback", repair.is_async)]
    return _put_first(tree, repair, lines, f"Roll `{repair.subject}` back first")


def add_rollback_if_failed(tree: Tree, repair: Repair) -> Fix | None:
    """The same for a session that a flush or commit has left inactive; any other error leaves it as it is."""
    rollback = call_text(repair.subject, "rollback", repair.is_async)
    lines = [f"if not {repair.subject}.is_active:", _LEVEL + rollback]
    return _put_first(tree, repair, lines, f"Roll `{repair.subject}` back first where it has failed")


def _put_first(tree: Tree, repair: Repair, lines: list[str], title: str) -> Fix | None:
    """Lines at the head of a handler, where the session's name is surely bound."""
    handler = tree.find(repair.span, cst.ExceptHandler) or tree.find(repair.span, cst.ExceptStarHandler)
    body = suite(tree, handler.body) if handler else None
    if handler is None or body is None or not repair.subject or _is_shadowed(handler, repair.subject):
        return None
    if repair.is_async and not tree.is_in_async_function(handler):
        return None
    if not repair.is_async and is_awaited(tree, tree.scope(handler), repair.subject):
        return None
    if may_be_none(tree, tree.parents[handler], repair.subject):
        return None
    if close_at(body.steps[0].node, repair.subject, method="rollback") or _is_bound_by_try(
        tree, handler, repair.subject
    ):
        return None
    draft = Draft()
    lines = [line.replace(_LEVEL, body.unit) for line in lines]
    if not _take_place_of_pass(tree, draft, body, lines):
        reshape(tree, draft, body, Shape(before={0: lines}))
    return Fix(title, Applicability.UNSAFE, draft.edits())


def _is_shadowed(handler: cst.ExceptHandler | cst.ExceptStarHandler, subject: str) -> bool:
    match handler.name:
        case cst.AsName(name=cst.Name(value=name)):
            return name == subject_name(subject)
    return False


def _is_bound_by_try(tree: Tree, handler: cst.CSTNode, subject: str) -> bool:
    """Whether the session's name is bound in the try statement alone: it may not be, once the handler runs."""
    attempt = tree.parents[handler]
    scope = tree.scope(attempt)
    bindings = [one for one in scope_mentions(tree, scope, subject_name(subject)) if is_binding(tree, one)]
    within = [one for one in bindings if attempt in tree.ancestors(one)]
    return bool(within) and len(within) == len(bindings)


def _take_place_of_pass(tree: Tree, draft: Draft, body: Suite, lines: list[str]) -> bool:
    """Put a statement in place of the `pass` or `...` that a suite consists of."""
    step = body.steps[0]
    if len(body.steps) > 1 or not _does_nothing(step):
        return False
    separator = tree.newline(step.start[0]) + body.indentation
    is_moved = step.is_joined and len(lines) > 1
    start = after_colon(tree, step.start) if is_moved else step.start
    draft.replace(start, step.end, (separator if is_moved else "") + separator.join(lines))
    return True


def _does_nothing(step: Step) -> bool:
    match step.node:
        case cst.Pass() | cst.Expr(value=cst.Ellipsis()):
            return True
    return False


def add_raise(tree: Tree, repair: Repair) -> Fix | None:
    """`raise` as the last statement of a handler that can run to its end."""
    handler = tree.find(repair.span, cst.ExceptHandler) or tree.find(repair.span, cst.ExceptStarHandler)
    body = suite(tree, handler.body) if handler else None
    if body is None or _always_leaves(tree, body):
        return None
    draft = Draft()
    if not _take_place_of_pass(tree, draft, body, ["raise"]):
        reshape(tree, draft, body, Shape(ending=["raise"]))
    return Fix("Raise the error again", Applicability.UNSAFE, draft.edits())


def _always_leaves(tree: Tree, body: Suite) -> bool:
    """Whether the last step of a suite never goes on to what follows."""
    match body.steps[-1].node:
        case cst.Return() | cst.Raise() | cst.Break() | cst.Continue():
            return True
        case cst.If() as branch:
            return _has_else(branch) and all(_always_leaves(tree, inner) for inner in suites_inside(tree, branch))
        case cst.With() as block:
            return any(_always_leaves(tree, inner) for inner in suites_inside(tree, block))
    return False


def _has_else(branch: cst.If) -> bool:
    match branch.orelse:
        case cst.Else():
            return True
        case cst.If() as other:
            return _has_else(other)
    return False


def guard_commit(tree: Tree, repair: Repair) -> Fix | None:
    """try/except around the statement of a commit: rollback, and raise."""
    call = tree.find(repair.span, cst.Call)
    statement = statement_of(tree, call) if call else None
    if call is None or not isinstance(statement, cst.BaseSmallStatement) or not repair.subject:
        return None
    if repair.is_async and not tree.is_in_async_function(statement):
        return None
    if not repair.is_async and is_awaited(tree, tree.scope(statement), repair.subject):
        return None
    around = suite_of(tree, statement)
    if around is None or _is_put_off(tree, call, statement) or _is_guarded(tree, statement, repair.subject):
        return None
    index = around.index(statement)
    rollback = call_text(repair.subject, "rollback", repair.is_async)
    shape = Shape(before={index: ["try:"]}, apart={index})
    shape.after[index] = ["except Exception:", around.unit + rollback, around.unit + "raise"]
    shape.indent(index, index)
    draft = Draft()
    reshape(tree, draft, around, shape)
    return Fix("Roll back when the commit fails", Applicability.UNSAFE, draft.edits())


def _is_guarded(tree: Tree, statement: cst.CSTNode, subject: str) -> bool:
    """Whether a handler for every error around the statement rolls back first."""
    inside = statement
    for above in tree.ancestors(statement):
        if isinstance(above, cst.FunctionDef):
            return False
        if isinstance(above, cst.Try) and inside is above.body:
            bodies = [suite(tree, handler.body) for handler in above.handlers if _catches_all(handler)]
            if any(body and close_at(body.steps[0].node, subject, method="rollback") for body in bodies):
                return True
        inside = above
    return False


def _catches_all(handler: cst.ExceptHandler) -> bool:
    return handler.type is None or dotted(handler.type) in ("Exception", "BaseException")


def _is_put_off(tree: Tree, call: cst.Call, statement: cst.CSTNode) -> bool:
    """Whether the commit does not run with its statement."""
    for above in tree.ancestors(call):
        if above is statement:
            return False
        if isinstance(above, cst.Lambda | cst.GeneratorExp):
            return True
    return False
