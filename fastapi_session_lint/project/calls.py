"""What a call gives: a session, a generator, a coroutine, a context manager, or whatever the function returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Name
from fastapi_session_lint.model.syntax import Return
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.combining import combine, given
from fastapi_session_lint.project.libraries import call_library
from fastapi_session_lint.project.values import (
    ClassValue,
    ConnectionValue,
    CoroutineValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    Library,
    LibraryObject,
    ManagerValue,
    ObjectValue,
    ProviderValue,
    Scope,
    SessionClass,
    SessionValue,
    TransactionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles


class Calls:
    """The answer to "what does this call give"."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def call(self, call: Call, scope: Scope) -> Value | None:
        """What a call in a scope gives."""
        function = self._roles.value(call.function, scope)
        if isinstance(function, Library):
            return call_library(function.name, call, scope, self._roles)
        if isinstance(call.function, Attribute):
            owner = self._roles.value(call.function.value, scope)
            method = self._method_call(owner, call.function.name)
            if method is not None:
                return method
        if function is None and isinstance(call.function, Name):
            return None
        return self.called(function)

    def _method_call(self, owner: Value | None, name: str) -> Value | None:
        match owner:
            case SessionValue() | FactoryValue(_, _, True) if name in ("begin", "begin_nested"):
                return TransactionValue(name == "begin_nested")
            case FactoryValue(is_async, flavour) if name == "begin":
                return ManagerValue(SessionValue(is_async, flavour))
            case FactoryValue(is_async, flavour, True):
                return SessionValue(is_async, flavour, True) if name == "registry" else None
            case EngineValue() if name in ("begin", "connect"):
                return ManagerValue(ConnectionValue())
            case EngineValue() if name == "execution_options":
                return owner
            case SessionValue() if name in ("connection", "get_bind"):
                return ConnectionValue()
            case GeneratorValue(value) if name == "__next__":
                return value
            case GeneratorValue(value) if name in ("__anext__", "asend"):
                return CoroutineValue(value)
            case ManagerValue() | ObjectValue() if name in vocabulary.ENTER_METHODS:
                inner = self.entered(owner)
                return CoroutineValue(inner) if name == "__aenter__" else inner
            case LibraryObject(kind) if kind in vocabulary.EXIT_STACKS:
                return None
        return None

    def called(self, function: Value | None) -> Value | None:
        """What a call of a value gives."""
        match function:
            case SessionClass(is_async, flavour, of):
                return SessionValue(is_async, flavour, False, of)
            case FactoryValue(is_async, flavour, is_scoped):
                return SessionValue(is_async, flavour, is_scoped)
            case ProviderValue(value):
                return value
            case ClassValue():
                return ObjectValue(function)
            case ObjectValue(of):
                return self.called(self._roles.member(of, "__call__", function))
            case FunctionValue():
                return self.call_result(function)
        return None

    def call_result(self, called: FunctionValue) -> Value | None:
        """What a call of a function of the project gives: a value, generator, coroutine or context manager."""
        function = called.function
        kinds = self._roles.decorators(function, called.scope)
        if kinds & vocabulary.MANAGER_DECORATORS:
            return ManagerValue(self.yielded(called), called)
        if function.is_generator:
            return GeneratorValue(self.yielded(called), function.is_async, called)
        value = self.returned(called)
        return CoroutineValue(value) if function.is_async else value

    def returned(self, called: FunctionValue) -> Value | None:
        """What a function's returns give, else what its annotation says."""
        function, scope = called.function, called.scope
        values = []
        for statement in statements(function.body):
            if isinstance(statement, Return) and statement.value is not None:
                values.append(self._roles.value(statement.value, scope))
        found = combine(values)
        if found is not None:
            return found
        return self._roles.instance(function.returns, scope.outer or scope) if function.returns is not None else None

    def yielded(self, called: FunctionValue) -> Value | None:
        """What a generator function yields, by its yields, else by its annotation."""
        function, scope = called.function, called.scope
        found: list[Value | None] = []
        for expression in function.yields:
            if expression.value is not None:
                value = self._roles.value(expression.value, scope)
                if expression.is_from:
                    value = value.value if isinstance(value, GeneratorValue) else None
                found.append(value)
        known = combine(found)
        if known is None and function.returns is not None:
            declared = self._roles.instance(function.returns, scope.outer or scope)
            return declared.value if isinstance(declared, GeneratorValue | ManagerValue) else declared
        return known

    def entered(self, manager: Value | None) -> Value | None:
        """What `with manager as x` binds."""
        match manager:
            case ManagerValue(value):
                return value
            case SessionValue():
                return manager
            case ObjectValue(of):
                for method in ("__aenter__", "__enter__"):
                    function = self._roles.member(of, method, manager)
                    if isinstance(function, FunctionValue):
                        return given(self.call_result(function))
        return None
