"""Whether a session that a function may be given is there at all, or another one stands in for it."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.fixes.names import is_binding, scope_mentions
from fastapi_session_lint.fixes.sessions import subject_name
from fastapi_session_lint.fixes.tree import Tree

_TESTS = (cst.Comparison, cst.UnaryOperation, cst.BooleanOperation, cst.If, cst.IfExp, cst.While)


def may_be_none(tree: Tree, place: cst.CSTNode, subject: str) -> bool:
    """Whether a session may be none where a function uses it only by another name, or asks for it first.

    So a function takes `db=None`, and works by what a context manager makes of that.
    """
    name = subject_name(subject)
    mentions = scope_mentions(tree, tree.scope(place), name)
    bindings = [one for one in mentions if is_binding(tree, one)]
    if not bindings or not all(_is_optional(tree.parent(one)) for one in bindings):
        return False
    holders = [tree.parent(one) for one in mentions if one not in bindings]
    is_tested = any(isinstance(one, _TESTS) for one in holders)
    return is_tested or not any(isinstance(one, cst.Attribute) for one in holders)


def _is_optional(parameter: cst.CSTNode | None) -> bool:
    match parameter:
        case cst.Param(default=cst.Name(value="None")):
            return True
    return False
