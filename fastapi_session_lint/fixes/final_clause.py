"""The close of a session put into a finally clause: of a new try statement, or of the one that is there already."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.removal import drop, drop_all
from fastapi_session_lint.fixes.sessions import Close, call_text, close_at, dotted, mended_close, own_nodes
from fastapi_session_lint.fixes.suites import Shape, Suite, reshape, suite, suites_inside
from fastapi_session_lint.fixes.tree import Tree

TRIES = cst.Try | cst.TryStar
_MAY_RAISE = (cst.Call, cst.Await, cst.Yield, cst.Subscript, cst.Attribute, cst.BinaryOperation)
_LOG_METHODS = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


@dataclass(frozen=True, slots=True)
class Guarded:
    """The steps of a suite after which a session is closed: `closing` is the step that does it now, if any does.

    `spare` are close() steps within them that go.
    """

    suite: Suite
    first: int
    last: int
    subject: str
    is_async: bool
    closing: int | None = None
    spare: tuple[tuple[Suite, int], ...] = ()


def write_finally(tree: Tree, draft: Draft, guarded: Guarded) -> None:
    """Close the session in a finally clause; a try statement that is all there is to guard gets the clause itself."""
    host = host_at(guarded)
    shape = Shape(gone=drop_all(tree, draft, guarded.spare, only_handler_of=host))
    if host is not None and host.finalbody is not None:
        _extend(tree, draft, guarded, host.finalbody)
        return
    if host is None:
        shape.before[guarded.first] = ["try:"]
        shape.indent(guarded.first, guarded.last)
    if guarded.closing is None:
        close = call_text(guarded.subject, "close", guarded.is_async)
        shape.after[guarded.last] = ["finally:", guarded.suite.unit + close]
        reshape(tree, draft, guarded.suite, shape)
        return
    shape.before[guarded.closing] = ["finally:"]
    shape.tight.add(guarded.closing)
    shape.levels[guarded.closing] = 1
    reshape(tree, draft, guarded.suite, shape)
    mend(draft, guarded.suite, guarded.closing, guarded.subject, guarded.is_async)


def mend(draft: Draft, owner: Suite, index: int, subject: str, is_async: bool) -> None:
    """Give a close the call and the await that it lacks."""
    for point, missing in mended_close(owner.steps[index], subject, is_async):
        draft.insert(point, missing)


def _extend(tree: Tree, draft: Draft, guarded: Guarded, clause: cst.Finally) -> None:
    """Close the session at the end of a finally clause that is there already."""
    if guarded.closing is not None:
        drop(tree, draft, guarded.suite, guarded.closing)
    inner = suite(tree, clause.body)
    if inner is not None:
        close = call_text(guarded.subject, "close", guarded.is_async)
        reshape(tree, draft, inner, Shape(ending=[close]))


def host_at(guarded: Guarded) -> cst.Try | cst.TryStar | None:
    """The try statement that ends the steps, where nothing that can raise stands before it or in its finally clause."""
    *before, last = guarded.suite.steps[guarded.first : guarded.last + 1]
    if not isinstance(last.node, TRIES) or not all(is_calm(step.node) for step in before):
        return None
    final = last.node.finalbody
    if final is not None and not _is_calm_throughout(final):
        return None
    return last.node


def call_close(tree: Tree, attempt: cst.Try | cst.TryStar, repair: Repair) -> Fix | None:
    """Call the `db.close` that stands in the finally clause of a try statement."""
    for owner in suites_inside(tree, attempt.finalbody) if attempt.finalbody else ():
        for index, step in enumerate(owner.steps):
            found = close_at(step.node, repair.subject)
            if found and found != Close(is_called=True, is_awaited=repair.is_async):
                draft = Draft()
                mend(draft, owner, index, repair.subject, repair.is_async)
                return Fix(f"Call `{repair.subject}.close()`", Applicability.SAFE, draft.edits())
    return None


def closes_at_last(attempt: cst.Try | cst.TryStar, subject: str, is_async: bool) -> bool:
    """Whether the finally clause of a try statement closes the session already."""
    if attempt.finalbody is None:
        return False
    proper = Close(is_called=True, is_awaited=is_async)
    return any(close_at(node, subject) == proper for node in own_nodes(attempt.finalbody, cst.Expr))


def _is_calm_throughout(final: cst.Finally) -> bool:
    for line in final.body.body:
        nodes = line.body if isinstance(line, cst.SimpleStatementLine) else [line]
        if not all(is_calm(node) for node in nodes):
            return False
    return True


def is_calm(node: cst.CSTNode) -> bool:
    """Whether a statement cannot raise: it binds names to literals or names, or logs."""
    match node:
        case cst.Pass():
            return True
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=logger, attr=cst.Name(value=method)))):
            return method in _LOG_METHODS and "log" in (dotted(logger) or "").lower()
        case cst.Expr(value=value) | cst.Assign(targets=[cst.AssignTarget(target=cst.Name())], value=value):
            return not any(own_nodes(value, *_MAY_RAISE))
        case cst.AnnAssign(target=cst.Name(), value=value):
            return value is None or not any(own_nodes(value, *_MAY_RAISE))
    return False
