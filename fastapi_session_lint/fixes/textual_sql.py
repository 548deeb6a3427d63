"""A statement that is a string wrapped in `text(…)`."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.imports import bring
from fastapi_session_lint.fixes.sessions import dotted
from fastapi_session_lint.fixes.tree import Tree
from fastapi_session_lint.vocabulary import STATEMENT_PARAMETER, TEXT_MODULE, TEXT_NAME

_TITLE = "Wrap the statement in `text`"


def wrap_in_text(tree: Tree, repair: Repair) -> Fix | None:
    """The call's first argument inside `text(…)`, imported where it is not yet; None where there is no room."""
    call = tree.find(repair.span, cst.Call)
    draft = Draft()
    if call is None or not wrap_statement(tree, draft, call):
        return None
    return Fix(_TITLE, Applicability.SAFE, draft.edits())


def wrap_statement(tree: Tree, draft: Draft, call: cst.Call) -> bool:
    """Wrap the statement that a call is given; False where it is wrapped, or cannot be."""
    statement = _statement(call)
    if statement is None or _is_wrapped(statement):
        return False
    maker = bring(tree, draft, TEXT_MODULE, TEXT_NAME, row=tree.start(call)[0])
    if maker is None:
        return False
    if statement.lpar:
        draft.insert(tree.start(statement), maker)
    else:
        draft.insert(tree.start(statement), f"{maker}(")
        draft.insert(tree.end(statement), ")")
    return True


def _is_wrapped(statement: cst.BaseExpression) -> bool:
    return isinstance(statement, cst.Call) and (dotted(statement.func) or "").rpartition(".")[2] == TEXT_NAME


def _statement(call: cst.Call) -> cst.BaseExpression | None:
    for index, one in enumerate(call.args):
        if one.star:
            return None
        if (one.keyword is None and index == 0) or (one.keyword and one.keyword.value == STATEMENT_PARAMETER):
            return one.value
    return None
