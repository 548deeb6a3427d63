"""Whether a session that a function may be given, or makes on the way, is there at all."""

from __future__ import annotations

import re

import libcst as cst

from fastapi_session_lint.fixes.names import is_binding, scope_mentions
from fastapi_session_lint.fixes.sessions import dotted, own_nodes, subject_name
from fastapi_session_lint.fixes.tree import Tree

_OPTIONAL = re.compile(r"\bNone\b|\bOptional\b")
_TESTS = (cst.Comparison, cst.UnaryOperation, cst.BooleanOperation, cst.If, cst.IfExp, cst.While)


def may_be_none(tree: Tree, attempt: cst.CSTNode, subject: str) -> bool:
    """Whether a session may be none in a try statement and its handlers.

    So a function begins with `db = None` and makes the session in the try, where that may fail; or it takes `db=None`,
    and works by what a context manager makes of that, or asks for it first. What a function uses as it is, is there.
    """
    if subject != subject_name(subject):
        return _is_tested(tree, attempt, subject)
    mentions = scope_mentions(tree, tree.scope(attempt), subject_name(subject))
    bindings = [one for one in mentions if is_binding(tree, one)]
    made = [one for one in bindings if not _is_none(tree, one)]
    if len(made) == len(bindings):
        return False
    reads = [one for one in mentions if one not in bindings]
    if made:
        in_try = all(attempt in tree.ancestors(one) for one in made)
        return in_try and not any(_is_used(tree, one) and _is_in_handler(tree, one, attempt) for one in reads)
    is_tested = any(isinstance(tree.parent(one), _TESTS) for one in reads)
    return is_tested or not any(_is_used(tree, one) for one in reads)


def _is_tested(tree: Tree, attempt: cst.CSTNode, subject: str) -> bool:
    """Whether a try statement asks whether an attribute is there: `if self.db and self.job:`."""
    found = (one for one in own_nodes(attempt, cst.Attribute) if dotted(one) == subject)
    return any(isinstance(tree.parent(one), _TESTS) for one in found)


def _is_none(tree: Tree, binding: cst.CSTNode) -> bool:
    """Whether a name is bound to None: by the default or annotation of a parameter, or by `name = None`."""
    holder = tree.parent(binding)
    match tree.parent(holder) if isinstance(holder, cst.AssignTarget) else holder:
        case cst.Param(default=cst.Name(value="None")):
            return True
        case cst.Param(default=None, annotation=cst.Annotation(annotation=kind)):
            return _OPTIONAL.search(tree.source_of(kind)) is not None
        case cst.Assign(value=cst.Name(value="None")) | cst.AnnAssign(value=cst.Name(value="None")):
            return True
    return False


def _is_used(tree: Tree, name: cst.CSTNode) -> bool:
    return isinstance(tree.parent(name), cst.Attribute)


def _is_in_handler(tree: Tree, node: cst.CSTNode, attempt: cst.CSTNode) -> bool:
    above = list(tree.ancestors(node))
    return any(
        isinstance(one, cst.ExceptHandler | cst.ExceptStarHandler) and attempt is tree.parent(one) for one in above
    )
