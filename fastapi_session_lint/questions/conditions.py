"""What a function must be given so that a call in one of its branches is made, and whether a caller gives that.

`if url != DEFAULT: return create_engine(url)` makes an engine for those alone who pass a URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.model.expressions import Call, Compare, Constant, Expression, Name, Not, dotted
from fastapi_session_lint.model.syntax import Function, If, Parameter
from fastapi_session_lint.model.walk import way_to
from fastapi_session_lint.project.arguments import argument_for
from fastapi_session_lint.project.libraries import has_stars
from fastapi_session_lint.project.values import FunctionValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SAME = {"==": True, "is": True, "!=": False, "is not": False}


class Condition(NamedTuple):
    """A test that must hold, or must not, of the argument that a `parameter` gets; `name` is what it has there."""

    parameter: Parameter
    name: str
    test: Expression
    holds: bool


Conditions = frozenset[Condition]
NONE: Conditions = frozenset()


def conditions_of(call: Call, scope: Scope) -> Conditions:
    """What the branches around a call ask of the parameters of its function that have a default."""
    function = scope.owner
    if not isinstance(function, Function):
        return NONE
    return frozenset(_asked(call, function))


def _asked(call: Call, function: Function) -> Iterator[Condition]:
    optional = {one.name: one for one in function.parameters if one.default is not None}
    for statement, suite in way_to(function.body, call) if optional else ():
        if isinstance(statement, If) and suite is not None:
            parameter = optional.get(_subject(statement.test) or "")
            if parameter is not None and function.bindings.get(parameter.name) == (parameter,):
                yield Condition(parameter, parameter.name, statement.test, suite is statement.body)


def left_to(call: Call, caller: Scope, called: Scope, conditions: Conditions, context: Context) -> Conditions | None:
    """What is left to be asked of those who call the caller; None where this call cannot meet the conditions."""
    value = context.value(call.function, caller) if conditions else None
    if not isinstance(value, FunctionValue) or value.scope is not called or has_stars(call):
        return NONE
    left = set()
    for one in conditions:
        given = argument_for(one.parameter, value.function, call, value.receiver is not None)
        passed_on = _own_parameter(given, caller)
        if passed_on is not None:
            left.add(one._replace(parameter=passed_on))
        elif _holds(one.test, one.name, one.parameter.default if given is None else given) is (not one.holds):
            return None
    return frozenset(left)


def _own_parameter(given: Expression | None, caller: Scope) -> Parameter | None:
    """The parameter of the caller, one with a default, that is passed on as it came."""
    if not isinstance(given, Name) or not isinstance(caller.owner, Function):
        return None
    match caller.owner.bindings.get(given.id):
        case (Parameter() as parameter,) if parameter.default is not None:
            return parameter
    return None


def _subject(test: Expression) -> str | None:
    """The name that a plain test asks about."""
    match test:
        case Name(name):
            return name
        case Not(inner):
            return _subject(inner)
        case Compare(Name(name), operator, _) if operator in _SAME:
            return name
    return None


def _holds(test: Expression, name: str, value: Expression | None) -> bool | None:
    """Whether a test holds of a value that is written down; None where that cannot be told."""
    match test, value:
        case Not(inner), _:
            held = _holds(inner, name, value)
            return None if held is None else not held
        case Name(), Constant("keyword", None | bool() as truth, _):
            return bool(truth)
        case Compare(_, operator, Constant(kind, content, _)), Constant(other, found, _):
            return ((kind, content) == (other, found)) is _SAME[operator]
        case Compare(_, operator, expected), _ if value is not None and dotted(expected) == dotted(value) is not None:
            return _SAME[operator]
    return None
