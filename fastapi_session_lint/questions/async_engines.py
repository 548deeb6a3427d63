"""Sync calls that are given an async engine, or a connection of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, dotted, last_name
from fastapi_session_lint.model.syntax import Assigned, Definition, Do
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import EngineValue, FunctionValue, Library, LibraryObject, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_ENGINE = "AsyncEngine"
_CONNECTION = "AsyncConnection"
_BEHIND = "sync_engine"


class EngineCall(NamedTuple):
    """A call that does not do what it says: the engine or connection by its text, and the error that it raises.

    There is no error where nobody awaits its coroutine: then it does nothing.
    """

    call: Call
    name: str
    error: str | None


class AsyncEngines:
    """The questions about async engines that are used like sync ones."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def misused(self, scope: Scope) -> Iterator[EngineCall]:
        """The calls of a scope that an async engine, or a connection of one, does not serve."""
        if not self._context.contents.calls_any(_OF_ENGINES, scope):
            return
        dropped = self._dropped(scope)
        for call in calls_of(scope):
            bind, is_inspection = self._bind(call, scope)
            error = self._error(bind, scope, is_inspection) if bind is not None else None
            if error is not None and bind is not None:
                yield EngineCall(call, dotted(bind) or "the engine", error)
            elif isinstance(call.function, Attribute):
                yield from self._method(call, call.function, scope, id(call) in dropped)

    # --- what is given an engine ---

    def _bind(self, call: Call, scope: Scope) -> tuple[Expression | None, bool]:
        """What a schema call or an inspection works on, and whether it inspects it."""
        function = self._context.value(call.function, scope)
        if isinstance(function, Library) and function.name in vocabulary.INSPECTORS:
            return argument(call, "subject", 0), True
        if not isinstance(call.function, Attribute) or isinstance(function, FunctionValue):
            return None, False
        method = call.function.name
        is_schema = method in vocabulary.SCHEMA_METHODS
        if is_schema or (method in vocabulary.TABLE_METHODS and self._is_table(call.function.value, scope)):
            return argument(call, "bind", 0), method in vocabulary.INSPECTING_METHODS
        return None, False

    def _is_table(self, expression: Expression, scope: Scope) -> bool:
        value = self._context.value(expression, scope)
        is_table = isinstance(value, LibraryObject) and value.name in vocabulary.TABLES
        return is_table or last_name(expression) == "__table__"

    def _error(self, bind: Expression, scope: Scope, is_inspection: bool) -> str | None:
        """What a call that works on an engine or connection raises; None where that may be a sync one."""
        kind = self._kind(bind, scope)
        if kind is None:
            return None
        if kind == _BEHIND:
            return "MissingGreenlet: greenlet_spawn has not been called"
        if is_inspection:
            return f"NoInspectionAvailable: an {kind} cannot be inspected"
        return f"AttributeError: '{kind}' object has no attribute '_run_ddl_visitor'"

    def _kind(self, expression: Expression, scope: Scope) -> str | None:
        """What an expression is: an async engine, the one behind it, a connection; None where it is none of these."""
        value = self._context.value(expression, scope)
        if isinstance(value, EngineValue):
            if value.is_async:
                return _ENGINE
            return _BEHIND if self._is_behind(expression, scope) else None
        found = self._context.names.lookup(expression.id, scope) if isinstance(expression, Name) else None
        if found is not None and all(self._is_connection(one, found[1]) for one in found[0]):
            return _CONNECTION
        return None

    def _is_behind(self, expression: Expression, scope: Scope) -> bool:
        """`engine.sync_engine`, where no greenlet runs it."""
        if not isinstance(expression, Attribute) or expression.name != _BEHIND:
            return False
        owner = self._context.value(expression.value, scope)
        return isinstance(owner, EngineValue) and not self._context.evidence.runs_in_greenlet(scope)

    def _is_connection(self, definition: Definition, scope: Scope) -> bool:
        """`async with engine.begin() as connection`."""
        match definition:
            case Assigned(Call(Attribute(owner, method), _, _), _, "async with", None):
                engine = self._context.value(owner, scope)
                return isinstance(engine, EngineValue) and engine.is_async and method in vocabulary.ENGINE_METHODS
        return False

    # --- its own methods ---

    def _method(self, call: Call, function: Attribute, scope: Scope, is_dropped: bool) -> Iterator[EngineCall]:
        """`engine.execute(…)`, and an `engine.dispose()` that nobody awaits."""
        if function.name not in vocabulary.FORMER_ENGINE_METHODS and function.name not in vocabulary.ENGINE_COROUTINES:
            return
        engine = self._context.value(function.value, scope)
        if not isinstance(engine, EngineValue) or not engine.is_async:
            return
        name = dotted(function.value) or "the engine"
        if function.name in vocabulary.FORMER_ENGINE_METHODS:
            yield EngineCall(call, name, f"AttributeError: '{_ENGINE}' object has no attribute '{function.name}'")
        elif is_dropped:
            yield EngineCall(call, f"{name}.{function.name}()", None)

    def _dropped(self, scope: Scope) -> frozenset[int]:
        """The calls that are statements of their own."""
        return frozenset(id(one.value) for one in scope.statements if isinstance(one, Do))


_OF_ENGINES: Wanted = (
    vocabulary.INSPECTORS
    | vocabulary.SCHEMA_METHODS
    | vocabulary.TABLE_METHODS
    | vocabulary.FORMER_ENGINE_METHODS
    | vocabulary.ENGINE_COROUTINES
)
