"""Async engines that are used on more than one event loop: by `asyncio.run` in a task, a request, or a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, last_name
from fastapi_session_lint.model.syntax import For, Suite, While
from fastapi_session_lint.model.walk import all_expressions, statements
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars
from fastapi_session_lint.project.values import EngineValue, FactoryValue, FunctionValue, Library, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_DEPTH = 8
"""How many calls deep the use of an engine is looked for."""
_POOLLESS = ("sqlite+aiosqlite",)
"""How the URLs begin whose connections are bound to no event loop."""


class Engine(NamedTuple):
    """The call that makes an engine, in a module."""

    call: Call
    scope: Scope


class Crossing(NamedTuple):
    """`asyncio.run(…)`, the engine that the coroutine uses, and the function that uses it."""

    runner: Call
    engine: Engine
    user: Scope
    use: Call


class EventLoops:
    """The questions about event loops."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def crossings(self, scope: Scope) -> Iterator[Crossing]:
        """The calls that start one event loop after another for a pooled engine of a module."""
        if self._context.is_test(scope):
            return
        found = [one for call in calls_of(scope) if (one := self._crossing(call, scope)) is not None]
        engines = [id(one.engine.call) for one in found]
        for one in found:
            if engines.count(id(one.engine.call)) > 1 or self._is_repeated(one.runner, scope):
                yield one

    def _crossing(self, call: Call, scope: Scope) -> Crossing | None:
        function = self._context.value(call.function, scope)
        if not isinstance(function, Library) or function.name not in vocabulary.ASYNC_RUNNERS or not call.arguments:
            return None
        given = call.arguments[0].value
        coroutine = self._context.value(given.function if isinstance(given, Call) else given, scope)
        return self._uses(call, coroutine.scope) if isinstance(coroutine, FunctionValue) else None

    # --- more than one loop ---

    def _is_repeated(self, call: Call, scope: Scope) -> bool:
        """Whether a call runs in a loop, for each request, or on each run of a task."""
        if scope.owner is None:
            return _is_in_loop(scope.module.body, call)
        body: Suite = scope.owner.body
        return _is_in_loop(body, call) or self._context.reached.way(call, scope) is not None

    # --- which engine ---

    def _uses(self, runner: Call, start: Scope) -> Crossing | None:
        """The first pooled engine of a module that a function, or what it calls, uses and leaves as it is."""
        found: list[Crossing] = []
        seen, level = {id(start)}, [start]
        for _ in range(_DEPTH):
            below: list[Scope] = []
            for scope in level:
                for call in calls_of(scope):
                    if last_name(call.function) == "dispose":
                        return None
                    engine = self._engine_of(call, scope)
                    if engine is not None:
                        found.append(Crossing(runner, engine, scope, call))
                    called = self._context.value(call.function, scope)
                    if isinstance(called, FunctionValue) and id(called.scope) not in seen:
                        seen.add(id(called.scope))
                        below.append(called.scope)
            level = below
        return found[0] if found else None

    def _engine_of(self, call: Call, scope: Scope) -> Engine | None:
        """The engine on which a call makes a session or a connection."""
        match self._context.value(call.function, scope):
            case FactoryValue(_, _, _, maker, home) if maker is not None and home is not None:
                bind = argument(maker, "bind", 0)
                return self._pooled(bind, home) if bind is not None else None
        given: tuple[Expression, ...] = tuple(one.value for one in call.arguments)
        if isinstance(call.function, Attribute) and call.function.name in vocabulary.ENGINE_METHODS:
            given = (call.function.value, *given)
        return next((engine for one in given if (engine := self._pooled(one, scope)) is not None), None)

    def _pooled(self, expression: Expression, scope: Scope) -> Engine | None:
        """The async engine that an expression stands for, where a module made it with a pool that keeps connections."""
        value = self._context.value(expression, scope)
        if not isinstance(value, EngineValue) or not value.is_async or value.call is None or value.scope is None:
            return None
        if value.scope.owner is not None or has_stars(value.call) or self._context.is_test(value.scope):
            return None
        if argument(value.call, "poolclass") is not None:
            return None
        url = argument(value.call, "url", 0)
        address = self._context.engines.address(url, value.scope) if url is not None else None
        if address is not None and address.text.startswith(_POOLLESS):
            return None
        return Engine(value.call, value.scope)


def _is_in_loop(body: Suite, call: Call) -> bool:
    loops = (one for one in statements(body) if isinstance(one, For | While))
    return any(part is call for one in loops for part in all_expressions(one.body))
