"""The engine that a session works on, so that two sessions can be told to share a pool."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, Name, last_name
from fastapi_session_lint.model.syntax import Assigned, Function, Parameter
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    EngineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    Library,
    ManagerValue,
    Scope,
    SessionClass,
    SessionValue,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_MAKERS = vocabulary.ENGINE_MAKERS | vocabulary.ASYNC_ENGINE_MAKERS
_DEPTH = 6
"""How many functions deep the call is looked for that makes a session."""


class SessionEngines:
    """The answer to "which engine, with a pool, is this session's".

    Two are the same where the same call makes them. None where it is not known, has no pool, or is not always the same.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def of_call(self, call: Call, scope: Scope, depth: int = 0) -> EngineValue | None:
        """The engine of the session that a call makes, or gives when it is entered."""
        bind = argument(call, "bind")
        match self._context.value(call.function, scope):
            case SessionClass(is_async):
                return self._of_bind(bind or argument(call, "", 0), is_async, scope)
            case FactoryValue() as factory:
                return self._of_bind(bind, factory.is_async, scope) if bind is not None else self._of_factory(factory)
        match call.function, self._context.value(call, scope):
            case Attribute(owner, "begin"), ManagerValue():
                value = self._context.value(owner, scope)
                return self._of_factory(value) if isinstance(value, FactoryValue) else None
            case _, ManagerValue(_, FunctionValue(inner)):
                return self.of_function(inner, depth + 1)
        called = self._context.value(call.function, scope)
        return self.of_function(called.scope, depth + 1) if isinstance(called, FunctionValue) else None

    def of_function(self, scope: Scope, depth: int = 0) -> EngineValue | None:
        """The engine of the sessions that a function makes and gives on, if all have the same."""
        made = self._of_function(scope, depth) if depth < _DEPTH else ()
        found = {id(one.call) if one is not None else 0: one for one in made}
        if not found:
            given = self._context.roles.yielded(FunctionValue(scope))
            return self.only(given.is_async) if isinstance(given, SessionValue) else None
        return next(iter(found.values())) if len(found) == 1 else None

    def _of_function(self, scope: Scope, depth: int) -> Iterator[EngineValue | None]:
        made = {id(one.call) for one in self._context.creations(scope)}
        for call in calls_of(scope):
            if id(call) in made or isinstance(self._context.value(call, scope), ManagerValue):
                yield self.of_call(call, scope, depth)
        for call in _gone_through(scope):
            match self._context.value(call, scope):
                case GeneratorValue(SessionValue(), _, FunctionValue(inner)):
                    yield self.of_function(inner, depth + 1)

    def of_name(self, name: str, scope: Scope) -> EngineValue | None:
        """The engine of the session that a function knows by a name."""
        for one in self._context.names.bindings(scope).get(name, ()):
            value = one.value if isinstance(one, Assigned) else None
            call = value.value if isinstance(value, Await) else value
            if isinstance(call, Call):
                return self.of_call(call, scope)
            marker = self._context.roles.marker(one, scope) if isinstance(one, Parameter) else None
            if marker is not None and isinstance(one, Parameter):
                target = self._context.roles.dependency(marker, one, scope)
                return self.of_function(target.scope) if isinstance(target, FunctionValue) else None
        session = self._context.session(Name(name), scope) if "." not in name else None
        return self.only(session.is_async) if session is not None else None

    def only(self, is_async: bool) -> EngineValue | None:
        """The engine of the application for sessions of a kind, where it has just one."""
        found = self._engines[is_async]
        return found[0] if len(found) == 1 else None

    def is_shared_by_all(self, call: Call, scope: Scope) -> bool:
        """Whether the session that a call makes is on the one connection of a StaticPool, which nobody waits for."""
        engine = self.of_call(call, scope)
        given = argument(engine.call, "poolclass") if engine is not None and engine.call is not None else None
        return given is not None and last_name(given) in vocabulary.STATIC_POOLS

    # --- engines ---

    def _of_factory(self, factory: FactoryValue) -> EngineValue | None:
        bind = argument(factory.call, "bind", 0) if factory.call is not None else None
        return self._of_bind(bind, factory.is_async, factory.scope) if not factory.is_scoped else None

    def _of_bind(self, bind: Expression | None, is_async: bool, scope: Scope | None) -> EngineValue | None:
        engine = self._context.value(bind, scope) if bind is not None and scope is not None else None
        if isinstance(engine, EngineValue) and engine.call is not None:
            return engine if self._has_one_pool(engine) else None
        return self.only(is_async)

    @functools.cached_property
    def _engines(self) -> dict[bool, list[EngineValue | None]]:
        """The engines of the application by their kind; None for one that is another each time."""
        found: dict[bool, list[EngineValue | None]] = {False: [], True: []}
        names = self._context.names
        for scope in (*names.all_scopes(), *names.classes):
            if self._context.is_test(scope) or not self._context.contents.calls_any(_MAKERS, scope):
                continue
            for call in calls_of(scope):
                function = self._context.value(call.function, scope)
                if not isinstance(function, Library) or function.name not in _MAKERS or _is_of_migrations(call):
                    continue
                value = self._context.value(call, scope)
                if isinstance(value, EngineValue):
                    found[value.is_async].append(value if self._has_one_pool(value) else None)
        return found

    def _has_one_pool(self, engine: EngineValue) -> bool:
        """Whether every call gives the same engine, as far as can be seen, and that has a pool."""
        call, scope = engine.call, engine.scope
        given = argument(call, "poolclass") if call is not None else None
        if given is not None and last_name(given) in vocabulary.NULL_POOLS:
            return False
        if scope is None or not isinstance(scope.owner, Function):
            return True
        callers = self._context.framework.callers(scope)
        is_made_once = len(callers) == 1 and callers[0].owner is None
        return is_made_once or not scope.owner.parameters[int(scope.enclosing_class is not None) :]


def _is_of_migrations(call: Call) -> bool:
    return last_name(call.function) in vocabulary.ENGINES_FROM_CONFIG


def _gone_through(scope: Scope) -> Iterator[Call]:
    """The calls whose results a function goes through with a for."""
    owner = scope.owner
    for definitions in owner.bindings.values() if isinstance(owner, Function) else ():
        for one in definitions:
            if isinstance(one, Assigned) and one.via in ("for", "async for") and isinstance(one.value, Call):
                yield one.value
