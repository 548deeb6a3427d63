"""What decorators of the project put around a function."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.model.expressions import Call
from fastapi_session_lint.model.syntax import Function, Try, With
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.values import ClassValue, FunctionValue, ObjectValue


class Wrapping:
    """Answers, each worked out once."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._known: dict[int, bool] = {}

    def handles_errors(self, function: FunctionValue) -> bool:
        """Whether a decorator of the project may do something about an error before the caller has it."""
        if not function.function.decorators:
            return False
        key = id(function.scope)
        if key not in self._known:
            outer = function.scope.outer or function.scope
            decorators = (one.function if isinstance(one, Call) else one for one in function.function.decorators)
            values = (self._roles.value(one, outer) for one in decorators)
            self._known[key] = any(_has_handler(inner) for one in values for inner in self._within(one))
        return self._known[key]

    def _within(self, decorator: object) -> Iterator[Function]:
        """A decorator's function, or its class's methods, with the functions in it."""
        match decorator:
            case FunctionValue(scope):
                yield from _nested(scope.owner)
            case ClassValue(scope) | ObjectValue(ClassValue(scope)):
                yield from _nested(scope.owner)


def _nested(owner: object) -> Iterator[Function]:
    if isinstance(owner, Function):
        yield owner
    for definitions in getattr(owner, "bindings", {}).values():
        for one in definitions:
            if isinstance(one, Function):
                yield from _nested(one)


def _has_handler(function: Function) -> bool:
    return any(isinstance(one, With) or (isinstance(one, Try) and one.handlers) for one in statements(function.body))
