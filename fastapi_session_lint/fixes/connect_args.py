"""`check_same_thread: False` merged into the connect_args of an engine."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.arguments import add_element, add_keyword
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.tree import Tree

_ARGUMENT = "check_same_thread"
_TITLE = "Set `check_same_thread` to False"


def add_connect_arg(tree: Tree, repair: Repair) -> Fix | None:
    """The argument in the dict or dict() call that is there, else a new keyword; None where it cannot be read."""
    call = tree.find(repair.span, cst.Call)
    if call is None or any(arg.star == "**" for arg in call.args):
        return None
    given = next((arg.value for arg in call.args if arg.keyword and arg.keyword.value == "connect_args"), None)
    draft = Draft()
    match given:
        case None:
            quote = _quote(call)
            add_keyword(tree, draft, call, "connect_args", f"{{{quote}{_ARGUMENT}{quote}: False}}")
        case cst.Dict():
            if not _merge_into_dict(tree, draft, given, _quote(call)):
                return None
        case cst.Call(func=cst.Name(value="dict")):
            if not _merge_into_call(tree, draft, given):
                return None
        case _:
            return None
    return Fix(_TITLE, Applicability.SAFE, draft.edits())


def _merge_into_dict(tree: Tree, draft: Draft, given: cst.Dict, quote: str) -> bool:
    for element in given.elements:
        if not isinstance(element, cst.DictElement) or not isinstance(element.key, cst.SimpleString):
            return False
        if element.key.evaluated_value == _ARGUMENT:
            return _replace_true(tree, draft, element.value)
        quote = element.key.quote if len(element.key.quote) == 1 else quote
    add_element(tree, draft, given, f"{quote}{_ARGUMENT}{quote}: False")
    return True


def _merge_into_call(tree: Tree, draft: Draft, given: cst.Call) -> bool:
    for arg in given.args:
        if arg.keyword is None:
            return False
        if arg.keyword.value == _ARGUMENT:
            return _replace_true(tree, draft, arg.value)
    add_keyword(tree, draft, given, _ARGUMENT, "False")
    return True


def _replace_true(tree: Tree, draft: Draft, value: cst.BaseExpression) -> bool:
    """Turn a literal True into False; anything else is somebody's decision."""
    if not isinstance(value, cst.Name) or value.value != "True":
        return False
    draft.replace(tree.start(value), tree.end(value), "False")
    return True


def _quote(call: cst.Call) -> str:
    """The quotation mark that the call's first string uses."""
    for arg in call.args:
        value = arg.value
        if isinstance(value, cst.SimpleString) and len(value.quote) == 1:
            return value.quote
    return '"'
