"""`await` put before a call, in parentheses where something hangs on it, and a wrong one taken away."""

from __future__ import annotations

import libcst as cst

from fastapi_session_lint.findings import Applicability, Fix, Repair
from fastapi_session_lint.fixes.edits import Draft
from fastapi_session_lint.fixes.names import is_binding, scope_mentions, variables
from fastapi_session_lint.fixes.tree import Tree

_AWAITING = frozenset(
    {
        "as_completed", "create_task", "ensure_future", "gather", "run", "run_coroutine_threadsafe",
        "run_until_complete", "shield", "start_soon", "wait", "wait_for",
    }
)  # fmt: skip
_COLLECTING = frozenset({"append", "add", "extend", "insert", "put", "put_nowait"})
_GIVING_PLAIN_RESULTS = frozenset({"exec", "execute", "scalars"})
"""What gives, once it is awaited, an object none of whose methods is a coroutine."""
_COMPREHENSIONS = cst.ListComp | cst.SetComp | cst.DictComp


def add_await(tree: Tree, repair: Repair) -> Fix | None:
    """`await` before a call that gives a coroutine; None where it would be wrong or something else awaits it."""
    call = tree.find(repair.span, cst.Call)
    if call is None or isinstance(tree.parent(call), cst.Await | cst.WithItem) or not _may_await(tree, call):
        return None
    if _is_passed_to_awaiter(tree, call) or _is_awaited_later(tree, call):
        return None
    draft = Draft()
    wrong = _await_around(tree, call)
    limit = Applicability.SAFE
    if wrong is not None and _last_name(call.func) in _GIVING_PLAIN_RESULTS:
        _delete_await(tree, draft, wrong)
    elif wrong is not None:
        limit = Applicability.UNSAFE  # it may be right: some results have coroutines
    needs_brackets = _has_trailer(tree, call) and not call.lpar
    draft.insert(tree.bare_start(call), "(await " if needs_brackets else "await ")
    if needs_brackets:
        draft.insert(tree.bare_end(call), ")")
    return Fix("Add `await`", limit, draft.edits())


def _await_around(tree: Tree, call: cst.Call) -> cst.Await | None:
    """The await of what hangs on a call: `await db.execute(ALL).scalars()` awaits what scalars() gives."""
    inside: cst.CSTNode = call
    for above in tree.ancestors(call):
        match above:
            case cst.Attribute(value=base) | cst.Subscript(value=base) | cst.Call(func=base) if base is inside:
                inside = above
            case cst.Await():
                return above
            case _:
                return None
    return None


def _has_trailer(tree: Tree, call: cst.Call) -> bool:
    """Whether an attribute, a call or a subscript hangs on the call; any operator binds less than await."""
    match tree.parent(call):
        case cst.Attribute(value=base) | cst.Subscript(value=base) | cst.Call(func=base):
            return base is call
    return False


def _may_await(tree: Tree, call: cst.Call) -> bool:
    """Whether `await` is allowed at a call: in the body of an async function, not in a function nested there."""
    inside: cst.CSTNode = call
    loops = 0
    for above in tree.ancestors(call):
        match above:
            case cst.Lambda() | cst.ClassDef() | cst.Annotation():
                return False
            case cst.GeneratorExp() if not _is_first_iterable(above, inside):
                return False
            case cst.ListComp() | cst.SetComp() | cst.DictComp():
                loops += 1
            case cst.FunctionDef():
                # One comprehension in another may hold an await from Python 3.11 on only.
                return inside is above.body and above.asynchronous is not None and loops < 2
        inside = above if not isinstance(above, cst.CompFor) or inside is not above.iter else inside
    return False


def _is_first_iterable(generator: cst.GeneratorExp, part: cst.CSTNode) -> bool:
    """Whether a part is what a generator expression loops over first: that alone is evaluated outside of it."""
    return generator.for_in.iter is part


def _is_passed_to_awaiter(tree: Tree, value: cst.BaseExpression) -> bool:
    """Whether a value is an argument of something that awaits it, or is collected to be awaited later."""
    inside: cst.CSTNode = value
    for above in tree.ancestors(value):
        if isinstance(above, cst.BaseStatement | cst.BaseSmallStatement):
            return False
        if isinstance(above, cst.Call) and above.func is not inside:
            name = _last_name(above.func)
            if name in _AWAITING or (name in _COLLECTING and tree.parent(value) is inside):
                return True
        inside = above
    return False


def _last_name(func: cst.BaseExpression) -> str:
    match func:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
    return ""


def _is_awaited_later(tree: Tree, call: cst.Call) -> bool:
    """Whether the call's value, or a collection that it is put in, is bound to a name that is awaited somewhere."""
    assignment = next((above for above in tree.ancestors(call) if isinstance(above, cst.Assign | cst.AnnAssign)), None)
    if assignment is None or not _is_value(tree, call, assignment):
        return False
    scope = tree.scope(call)
    bound = {name.value for name in variables(assignment) if is_binding(tree, name)}
    return any(_is_awaited(tree, use) for name in bound for use in scope_mentions(tree, scope, name))


def _is_value(tree: Tree, call: cst.Call, assignment: cst.CSTNode) -> bool:
    """Whether nothing but displays and comprehensions stands between a call and its assignment."""
    for above in tree.ancestors(call):
        if above is assignment:
            return True
        if not isinstance(above, cst.List | cst.Tuple | cst.Element | cst.IfExp | _COMPREHENSIONS):
            return False
    return False


def _is_awaited(tree: Tree, use: cst.Name) -> bool:
    return isinstance(tree.parent(use), cst.Await) or _is_passed_to_awaiter(tree, use)


def drop_await(tree: Tree, repair: Repair) -> Fix | None:
    """The await taken away; parentheses around it stay, they do no harm."""
    wrong = tree.find(repair.span, cst.Await)
    if wrong is None:
        return None
    draft = Draft()
    _delete_await(tree, draft, wrong)
    return Fix("Remove `await`", Applicability.SAFE, draft.edits())


def _delete_await(tree: Tree, draft: Draft, wrong: cst.Await) -> None:
    start, operand = tree.bare_start(wrong), tree.start(wrong.expression)
    space = wrong.whitespace_after_await
    end = operand
    if isinstance(space, cst.ParenthesizedWhitespace):
        # A comment or a line end may follow: take the word and what white space stands behind it.
        behind = tree.line(start[0])[start[1] + len("await") :]
        end = start[0], start[1] + len("await") + len(behind) - len(behind.lstrip())
    draft.delete(start, end)
