"""`with` turned into `async with`, or the other way round."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.sessions import own_nodes
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
    if statement.asynchronous is not None and _awaits_what_is_entered(statement):
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


def _awaits_what_is_entered(statement: cst.With) -> bool:
    """Whether a method of what `async with` binds, or of what it begins, is awaited in its block.

    Then more is to be changed than the statement: these awaits, or what is entered.
    """
    item = statement.items[0]
    subjects = {item.asname.name.value} if item.asname and isinstance(item.asname.name, cst.Name) else set[str]()
    match item.item:
        case cst.Call(func=cst.Attribute(value=cst.Name(value=beginning))):
            subjects.add(beginning)
    awaits = own_nodes(statement.body, cst.Await)
    return any(_root(one.expression) in subjects for one in awaits)


def _root(value: cst.BaseExpression) -> str | None:
    """The variable whose attributes and calls an expression consists of; None where it begins otherwise."""
    match value:
        case cst.Attribute(value=inner) | cst.Subscript(value=inner) | cst.Call(func=cst.Attribute(value=inner)):
            return _root(inner)
        case cst.Name(value=name):
            return name
    return None
