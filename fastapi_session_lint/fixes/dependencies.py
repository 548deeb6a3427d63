"""A dependency put right: a call or decorator dropped that keeps FastAPI from its function, or a scope added."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.tree import Tree

_DECORATORS = frozenset(name.rpartition(".")[2] for name in vocabulary.MANAGER_DECORATORS)


def drop_call(tree: Tree, repair: Repair) -> Fix | None:
    """`get_db()` becomes `get_db`; None where the call has arguments, or a comment stands in its parentheses."""
    call = tree.find(repair.span, cst.Call)
    if call is None or call.args or not isinstance(call.func, cst.Name | cst.Attribute):
        return None
    start, end = tree.end(call.func), tree.bare_end(call)
    if "#" in tree.source(start, end):
        return None
    draft = Draft()
    draft.delete(start, end)
    return Fix("Pass the function itself", Applicability.SAFE, draft.edits())


def drop_decorator(tree: Tree, repair: Repair) -> Fix | None:
    """The one decorator of a generator function taken away; None where a comment would go with it."""
    function = tree.find(repair.span, cst.FunctionDef)
    if function is None or len(function.decorators) != 1:
        return None
    decorator = function.decorators[0]
    name = decorator.decorator.attr if isinstance(decorator.decorator, cst.Attribute) else decorator.decorator
    if not isinstance(name, cst.Name) or name.value not in _DECORATORS:
        return None
    first, last = tree.start(decorator)[0], tree.end(decorator.decorator)[0]
    if any("#" in tree.line(row) for row in range(first, last + 1)):
        return None
    draft = Draft()
    draft.delete((first, 0), (last + 1, 0))
    return Fix(f"Remove `@{name.value}`", Applicability.SAFE, draft.edits())


def add_function_scope(tree: Tree, repair: Repair) -> Fix | None:
    """`Depends(get_db)` becomes `Depends(get_db, scope="function")`; only shown, since others may rely on the scope."""
    call = tree.find(repair.span, cst.Call)
    if call is None or not call.args or any(one.star or _is_scope(one) for one in call.args):
        return None
    draft = Draft()
    draft.insert(tree.end(call.args[-1].value), ', scope="function"')
    return Fix('Use `scope="function"`', Applicability.DISPLAY, draft.edits())


def _is_scope(one: cst.Arg) -> bool:
    return one.keyword is not None and one.keyword.value == "scope"
