"""What a call gives: a session, a generator, a coroutine, a context manager, or whatever the function returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Name
from fastapi_session_lint.model.syntax import Function, Return
from fastapi_session_lint.project.combining import combine, given, refined
from fastapi_session_lint.project.items import each, item
from fastapi_session_lint.project.libraries import argument, call_library
from fastapi_session_lint.project.values import (
    AnnotatedValue,
    ClassValue,
    CollectionValue,
    ConnectionValue,
    CoroutineValue,
    ElementsValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    Library,
    LibraryObject,
    ManagerValue,
    ObjectValue,
    ProviderValue,
    QueryValue,
    Scope,
    SessionClass,
    SessionValue,
    TransactionValue,
    Value,
    VariableValue,
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
            if owner is not None:
                method = self._method_call(owner, call.function.name, call)
                if method is not None:
                    return method
                if (query := self._query(owner, call.function.name, call, scope)) is not None:
                    return query
                if isinstance(owner, LibraryObject) and owner.name in vocabulary.EXIT_STACKS:
                    return self._stacked(call.function.name, call, scope)
        return None if function is None else self.called(function)

    def _method_call(self, owner: Value | None, name: str, call: Call) -> Value | None:
        match owner:
            case SessionValue() | FactoryValue(_, _, True) if name in ("begin", "begin_nested"):
                return TransactionValue()
            case FactoryValue(is_async, flavour) if name == "begin":
                return ManagerValue(SessionValue(is_async, flavour, False, owner.of, owner.is_guessed))
            case FactoryValue(_, _, True):
                return kept_session(owner) if name == "registry" else None
            case SessionClass(False, flavour, of) if name == vocabulary.SESSION_GETTER:
                return SessionValue(False, flavour, False, of)
            case EngineValue() if name in ("begin", "connect"):
                return ManagerValue(ConnectionValue())
            case EngineValue() if name == "execution_options":
                return owner
            case SessionValue() if name in ("connection", "get_bind"):
                return ConnectionValue()
            case VariableValue(value) if name == "get":
                return value
            case ElementsValue() | CollectionValue() if name in vocabulary.CONTAINER_READERS and call.arguments:
                return item(owner, call.arguments[0].value)
            case ElementsValue() | CollectionValue() if name == "values":
                each_one = each(owner)
                return ElementsValue(each_one) if each_one is not None else None
            case GeneratorValue() if name in ("__iter__", "__aiter__"):
                return owner
            case GeneratorValue(value) if name == "__next__":
                return value
            case GeneratorValue(value) if name in ("__anext__", "asend"):
                return CoroutineValue(value)
            case ManagerValue() | ObjectValue() if name in vocabulary.ENTER_METHODS:
                inner = self.entered(owner)
                return CoroutineValue(inner) if name == "__aenter__" else inner
        return None

    def _stacked(self, method: str, call: Call, scope: Scope) -> Value | None:
        """What an exit stack gives for what it enters."""
        given_it = argument(call, "cm", 0)
        if given_it is None or method not in (vocabulary.STACK_ENTER, vocabulary.STACK_ENTER_ASYNC):
            return None
        value = self.entered(self._roles.value(given_it, scope))
        return CoroutineValue(value) if method == vocabulary.STACK_ENTER_ASYNC else value

    def _query(self, owner: Value | None, method: str, call: Call, scope: Scope) -> QueryValue | None:
        """A query that a session's `query` begins, or that a method of a query adds to."""
        match owner:
            case QueryValue():
                is_built = method not in vocabulary.QUERY_RUNNERS | vocabulary.QUERY_PARTS
                return owner if is_built else None
            case FactoryValue(False, _, True) if method == vocabulary.QUERY_METHOD:
                return QueryValue(kept_session(owner), call, scope)
            case SessionValue(False) if method == vocabulary.QUERY_METHOD and not owner.overrides("query"):
                return QueryValue(owner, call, scope)
        return None

    def called(self, function: Value | None) -> Value | None:
        """What a call of a value gives."""
        match function:
            case SessionClass(is_async, flavour, of):
                return SessionValue(is_async, flavour, False, of)
            case FactoryValue(_, _, True):
                return kept_session(function)
            case FactoryValue(is_async, flavour):
                return SessionValue(is_async, flavour, False, function.of, function.is_guessed)
            case ProviderValue(value):
                return value
            case VariableValue():
                return function  # ContextVar[Session]("name")
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
        scope = called.scope
        values = []
        for statement in scope.statements:
            if isinstance(statement, Return) and statement.value is not None:
                values.append(self._roles.value(statement.value, scope))
        return refined(combine(values), lambda: self._declared(called))

    def _declared(self, called: FunctionValue) -> Value | None:
        """What the annotation of a function says that it returns; a `Depends` in it asks for nothing."""
        returns, outer = called.function.returns, called.scope.outer or called.scope
        if returns is None:
            return None
        said = self._roles.value(returns, outer)
        if not isinstance(said, AnnotatedValue):
            return self._roles.instance(returns, outer)
        while isinstance(said, AnnotatedValue):
            said = said.kind
        return self._roles.instance_of(said)

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
        declared = self._declared(called) if known is None or isinstance(known, LibraryObject) else None
        if isinstance(declared, GeneratorValue | ManagerValue):
            declared = declared.value
        return known if declared is None else declared

    def declared_yield(self, name: str, scope: Scope, function: Function) -> SessionValue | None:
        """The session that a generator function's annotation says a name to be, which it yields."""
        if not any(isinstance(one.value, Name) and one.value.id == name for one in function.yields):
            return None
        declared = self._declared(FunctionValue(scope))
        if isinstance(declared, GeneratorValue):
            declared = declared.value
        return declared if isinstance(declared, SessionValue) else None

    def entered(self, manager: Value | None) -> Value | None:
        """What `with manager as x` binds."""
        match manager:
            case ManagerValue(value):
                return value
            case SessionValue():
                return manager
            case LibraryObject(kind) if kind in vocabulary.SELF_ENTERED:
                return manager
            case ObjectValue(of):
                for method in ("__aenter__", "__enter__"):
                    function = self._roles.member(of, method, manager)
                    if isinstance(function, FunctionValue):
                        return given(self.call_result(function))
        return None


def kept_session(registry: FactoryValue) -> SessionValue:
    """The session that a registry keeps for whoever asks."""
    is_async, flavour = registry.is_async, registry.flavour
    return SessionValue(is_async, flavour, True, registry.of, registry.is_guessed, registry.call)
