"""I/O of sync sessions in async functions, done there or in a plain function that they call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, dotted
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.model.walk import all_expressions
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import FunctionValue, Scope
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class BlockingCall(NamedTuple):
    """A call in an async function that waits for the database without awaiting."""

    call: Call
    name: str
    method: str
    from_plain_dependency: bool = False
    io: Note | None = None


class Blocking:
    """The questions about blocked event loops."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._direct: dict[int, tuple[BlockingCall, ...]] = {}

    def direct(self, scope: Scope) -> tuple[BlockingCall, ...]:
        """The first I/O on each sync session in an async function that serves."""
        if id(scope) not in self._direct:
            self._direct[id(scope)] = tuple(self._find_direct(scope)) if self._serves(scope) else ()
        return self._direct[id(scope)]

    def _serves(self, scope: Scope) -> bool:
        context = self._context
        if not context.is_async_function(scope) or context.is_test(scope):
            return False
        return not context.framework.runs_at_startup(scope)

    def _find_direct(self, scope: Scope) -> Iterator[BlockingCall]:
        seen: set[str] = set()
        awaited = self._awaited(scope)
        for call in self._in_order(scope):
            if not isinstance(call.function, Attribute) or id(call) in awaited:
                continue
            owner, method = call.function.value, call.function.name
            if vocabulary.SESSION_METHODS.get(method) not in IO_ACTIONS:
                continue
            session = self._context.session(owner, scope)
            name = dotted(owner) or "session"
            if session is None or session.is_async or name in seen or self._only_resets(scope, method):
                continue
            seen.add(name)
            yield BlockingCall(call, name, method, self._is_from_plain_dependency(name, scope))

    def _only_resets(self, scope: Scope, method: str) -> bool:
        """A dependency's rollback on the way out is one short round trip."""
        is_rollback = vocabulary.SESSION_METHODS.get(method) is Action.ROLLBACK
        return is_rollback and self._context.is_session_dependency(scope)

    def _in_order(self, scope: Scope) -> list[Call]:
        """The calls of a function as they begin; in a chain the first call is then the first to run."""
        return sorted(calls_of(scope), key=lambda call: self._context.span(scope, call.place).end)

    def _awaited(self, scope: Scope) -> frozenset[int]:
        """The calls that are awaited themselves, or at the root of an awaited chain."""
        found: set[int] = set()
        assert isinstance(scope.owner, Function)
        for expression in all_expressions(scope.owner.body):
            if isinstance(expression, Await):
                found |= {id(one) for one in chain(expression.value)}
        return frozenset(found)

    def _is_from_plain_dependency(self, name: str, scope: Scope) -> bool:
        """Whether the session comes from a plain `def` generator, whose exit needs a thread and the loop."""
        for parameter in getattr(scope.owner, "parameters", ()):
            if isinstance(parameter, Parameter) and parameter.name == name:
                marker = self._context.roles.marker(parameter, scope)
                target = self._context.roles.dependency(marker, parameter, scope) if marker else None
                if isinstance(target, FunctionValue):
                    return target.function.is_generator and not target.function.is_async
        return False

    def through_helpers(self, scope: Scope) -> Iterator[BlockingCall]:
        """The first call for each sync session that hands it to a plain function which does I/O on it."""
        if not self._serves(scope):
            return
        seen = {one.name for one in self.direct(scope)}
        awaited = self._awaited(scope)
        for call in self._in_order(scope):
            for one in call.arguments:
                session = self._context.session(one.value, scope)
                name = dotted(one.value) or "session"
                if session is None or session.is_async or name in seen or one.star:
                    continue
                found = self._helper(call, one.value, scope, name, id(call) in awaited)
                if found is not None:
                    seen.add(name)
                    yield found

    def _helper(
        self, call: Call, argument: Expression, scope: Scope, name: str, is_awaited: bool
    ) -> BlockingCall | None:
        function = self._context.value(call.function, scope)
        if isinstance(function, FunctionValue) and (function.function.is_async or is_awaited):
            return None
        given = next(one for one in call.arguments if one.value is argument)
        effect = self._context.effects.of_argument(function, call, given)
        if effect is None or effect.io is None:
            return None
        method = dotted(call.function) or (call.function.name if isinstance(call.function, Attribute) else "this call")
        return BlockingCall(call, name, method, io=effect.io)


def chain(expression: Expression) -> Iterator[Expression]:
    """A call and the calls that it hangs on: `a.b().c()` gives both."""
    while isinstance(expression, Call | Attribute):
        if isinstance(expression, Call):
            yield expression
            expression = expression.function
        else:
            expression = expression.value
