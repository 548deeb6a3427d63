"""A call of an engine, which executes nothing since SQLAlchemy 2, made on a connection that is opened around it."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.names import is_taken, variables
from fastapi_session_lint.fixes.sessions import dotted
from fastapi_session_lint.fixes.suites import Shape, reshape, statement_of, suite_of
from fastapi_session_lint.fixes.textual_sql import wrap_statement
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.vocabulary import (
    BUFFERING_METHODS,
    CONSUMERS,
    ONE_ROW_METHODS,
    REMOVED_ENGINE_METHODS,
    RESULT_COUNT,
    SCALAR_NAME,
    TEXT_NAME,
)

_NAMES = ("connection", "engine_connection", "new_connection")
_READERS = BUFFERING_METHODS | ONE_ROW_METHODS | {"fetchone"}
"""The methods of a result after which it is not needed any more."""
_LATER = cst.Lambda | cst.GeneratorExp | cst.Yield
"""What runs when the statement is over, or stops in its midst."""


def open_connection(tree: Tree, repair: Repair) -> Fix | None:
    """The statement inside `with engine.begin() as connection:`, and the call made on that connection.

    None where its result may be read behind that block, in which it is closed.
    """
    call = tree.find(repair.span, cst.Call)
    if call is None or not isinstance(call.func, cst.Attribute) or call.func.attr.value not in REMOVED_ENGINE_METHODS:
        return None
    statement = statement_of(tree, call)
    around = suite_of(tree, statement) if isinstance(statement, cst.BaseSmallStatement) else None
    engine, name = call.func.value, next((one for one in _NAMES if not _is_used(tree, call, one)), None)
    if around is None or name is None or "\n" in tree.source_of(engine) or not _is_used_up(tree, call, statement):
        return None
    draft = Draft()
    if repair.subject == TEXT_NAME and not wrap_statement(tree, draft, call):
        return None
    index = around.index(statement)
    shape = Shape(before={index: [f"with {tree.source_of(engine)}.begin() as {name}:"]}, apart={index})
    shape.indent(index, index)
    draft.replace(tree.start(engine), tree.end(engine), name)
    reshape(tree, draft, around, shape)
    return Fix("Open a connection for it", Applicability.DISPLAY, draft.edits())


def _is_used(tree: Tree, call: cst.Call, name: str) -> bool:
    """Whether a name means something in the function around a call, or for a call in none anywhere in the file."""
    scope = tree.scope(call)
    if isinstance(scope, cst.FunctionDef):
        return any(one.value == name for one in variables(scope))
    return is_taken(tree, name)


def _is_used_up(tree: Tree, call: cst.Call, statement: cst.CSTNode) -> bool:
    """Whether nothing reads the call's result any more when its statement is over."""
    assert isinstance(call.func, cst.Attribute)
    is_read = call.func.attr.value == SCALAR_NAME
    inside: cst.CSTNode = call
    for above in tree.ancestors(call):
        if above is statement:
            break
        if isinstance(above, _LATER):
            return False
        is_read = is_read or _reads(tree, above, inside)
        inside = above
    return is_read or (isinstance(statement, cst.Expr) and statement.value is call)


def _reads(tree: Tree, node: cst.CSTNode, inside: cst.CSTNode) -> bool:
    """Whether a node around a result takes all from it that is wanted: `.all()`, `list(…)`, `[… for … in …]`."""
    match node:
        case cst.Attribute(attr=cst.Name(value=name)):
            return name == RESULT_COUNT or (name in _READERS and _is_called(tree, node))
        case cst.Call(func=func):
            return inside is not func and dotted(func) in CONSUMERS
        case cst.CompFor(iter=rows):
            return rows is inside and not isinstance(tree.parent(node), cst.GeneratorExp)
    return False


def _is_called(tree: Tree, node: cst.CSTNode) -> bool:
    above = tree.parent(node)
    return isinstance(above, cst.Call) and above.func is node
