"""Context managers that give a session, used as if they were the session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, Name, Yield
from fastapi_session_lint.model.syntax import Assign, Assigned, For
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import FunctionValue, Library, ManagerValue, Scope, SessionValue

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Unentered(NamedTuple):
    """A call whose context manager is never entered.

    `form`: "attribute", "await", "for" or "next", by what fails; `subject` is the name that keeps it, or empty.
    """

    call: Call
    function: FunctionValue
    form: str
    attribute: str
    subject: str


_MANAGERS = frozenset({ManagerValue})


def unentered_managers(context: Context, scope: Scope) -> Iterator[Unentered]:
    """The calls in a module or function that give a context manager of a session, which is used without `with`."""
    if not context.contents.gives_any(_MANAGERS, scope):
        return
    made = {id(call): function for call in calls_of(scope) if (function := _manager(context, call, scope)) is not None}
    if not made:
        return
    for statement in scope.statements:
        match statement:
            case For(_, Call() as call, _, _, _, _) if function := made.get(id(call)):
                yield Unentered(call, function, "for", "", "")
            case Assign((Name(name),), Call() as call, _) if function := made.get(id(call)):
                if (method := _misuse(context, name, scope)) is not None:
                    yield Unentered(call, function, "attribute", method, name)
    for expression in scope.expressions:
        used, form, attribute = _used_at_once(context, expression, scope)
        if isinstance(used, Call) and (function := made.get(id(used))):
            yield Unentered(used, function, form, attribute, "")


def _manager(context: Context, call: Call, scope: Scope) -> FunctionValue | None:
    """The function behind a call that gives a context manager of a session, if no other decorator changes that."""
    value = context.value(call, scope)
    if not isinstance(value, ManagerValue) or value.function is None or not isinstance(value.value, SessionValue):
        return None
    function = value.function.function
    known = context.roles.decorators(function, value.function.scope)
    allowed = known & (vocabulary.MANAGER_DECORATORS | vocabulary.METHOD_DECORATORS)
    return value.function if len(allowed) == len(function.decorators) else None


def _used_at_once(context: Context, expression: Expression, scope: Scope) -> tuple[Expression | None, str, str]:
    """`scope().query(…)`, `await scope()`, `next(scope())`, `yield from scope()`."""
    match expression:
        case Attribute(Call() as call, name) if name in vocabulary.SESSION_METHODS:
            return call, "attribute", name
        case Await(Call() as call, _):
            return call, "await", ""
        case Yield(Call() as call, True, _):
            return call, "for", ""
        case Call(function, (first, *_), _) if _advances(context, function, scope):
            return first.value, "next", ""
    return None, "", ""


def _advances(context: Context, function: Expression, scope: Scope) -> bool:
    if not isinstance(function, Name):
        return False
    value = context.value(function, scope)
    return isinstance(value, Library) and value.name in vocabulary.FIRST_ITEM


def _misuse(context: Context, name: str, scope: Scope) -> str | None:
    """The session's method that is called on a name which keeps nothing but managers, and never what they give."""
    for definition in context.names.bindings(scope).get(name, ()):
        match definition:
            case Assigned(Call() as call, _, "=", None, _) if _manager(context, call, scope):
                continue
        return None
    for expression in scope.expressions:
        match expression:
            case Attribute(Name(owner), method) if owner == name and method in vocabulary.SESSION_METHODS:
                return method
    return None
