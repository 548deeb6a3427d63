"""Handlers that the server calls by itself, and which of their parameters nobody injects there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Expression
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.project.values import LibraryObject, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Uninjected(NamedTuple):
    """A handler that relies on parameters whose default is a marker; `place` is that of the first one."""

    function: Function
    names: tuple[str, ...]
    place: int


class Handlers:
    """The questions about start-up handlers, life spans, middleware and exception handlers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def uninjected(self, scope: Scope) -> Iterator[Uninjected]:
        """A handler with parameters that FastAPI fills in for routes and dependencies alone."""
        function = scope.owner
        assert isinstance(function, Function)
        if not any(isinstance(one.default, Call) for one in function.parameters) or not self._is_handler(scope):
            return
        relied = self._context.direct_calls.relied_on(scope)
        if relied:
            yield Uninjected(function, tuple(one.name for one in relied), _place(relied[0], function))

    def _is_handler(self, scope: Scope) -> bool:
        """Whether the server calls a function, and no decorator may inject in FastAPI's place."""
        framework, outer = self._context.framework, scope.outer or scope
        if framework.is_route(scope) or framework.is_dependency(scope):
            return False
        decorators = scope.owner.decorators if isinstance(scope.owner, Function) else ()
        registering = [one for one in decorators if self._registers(one, outer)]
        others = (one for one in decorators if one not in registering)
        if any(self._context.roles.decorator_name(one, outer) not in vocabulary.MANAGER_DECORATORS for one in others):
            return False
        return bool(registering) or framework.startup.is_registered(scope)

    def _registers(self, decorator: Expression, scope: Scope) -> bool:
        match decorator:
            case Call(Attribute(owner, method), _, _) if method in vocabulary.HANDLER_DECORATORS:
                value = self._context.value(owner, scope)
                return isinstance(value, LibraryObject) and value.name in vocabulary.APPLICATIONS | vocabulary.ROUTERS
        return False


def _place(parameter: Parameter, function: Function) -> int:
    return parameter.default.place if isinstance(parameter.default, Call) else function.place
