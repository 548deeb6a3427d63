"""What a library's names and calls stand for: engines, factories, markers and context managers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Argument, Call, Constant, Expression
from fastapi_session_lint.project.combining import given
from fastapi_session_lint.project.values import (
    ConnectionValue,
    CoroutineValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    Library,
    LibraryObject,
    ManagerValue,
    MarkerValue,
    ObjectValue,
    ProviderValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles


@functools.cache
def library_value(name: str) -> Value:
    """A library's thing by its dotted name; its session classes are session classes."""
    flavour = "sqlmodel" if name.startswith("sqlmodel.") else "sqlalchemy"
    if name in vocabulary.SYNC_SESSION_CLASSES:
        return SessionClass(False, flavour)
    if name in vocabulary.ASYNC_SESSION_CLASSES:
        return SessionClass(True, flavour)
    if name in vocabulary.PROXY_SESSIONS:
        return SessionValue(vocabulary.PROXY_SESSIONS[name], is_scoped=True)
    return Library(name)


@functools.cache
def library_instance(name: str) -> Value | None:
    """An instance of a library's class."""
    if name in vocabulary.ENGINE_CLASSES or name in vocabulary.ASYNC_ENGINE_CLASSES:
        return EngineValue(name in vocabulary.ASYNC_ENGINE_CLASSES)
    if name in vocabulary.CONNECTION_CLASSES:
        return ConnectionValue()
    if name in vocabulary.SESSION_MAKERS or name in vocabulary.ANYTHING:
        return None  # a plain sessionmaker makes sessions of either kind
    if name in vocabulary.ASYNC_SESSION_MAKERS:
        return FactoryValue(True)
    if name in vocabulary.SCOPED_MAKERS | vocabulary.ASYNC_SCOPED_MAKERS:
        return FactoryValue(name in vocabulary.ASYNC_SCOPED_MAKERS, is_scoped=True)
    return LibraryObject(name)


def argument(call: Call, name: str, position: int | None = None) -> Expression | None:
    """The value of a call's argument, by keyword or position; None when it is not there or hidden behind a star."""
    for one in call.arguments:
        if one.name == name:
            return one.value
    if position is None:
        return None
    positional: list[Argument] = [one for one in call.arguments if one.name is None]
    if any(one.star for one in positional[: position + 1]) or len(positional) <= position:
        return None
    return positional[position].value


def has_stars(call: Call) -> bool:
    """Whether a call takes `*args` or `**options` that cannot be read here."""
    return any(one.star for one in call.arguments)


def call_library(name: str, call: Call, scope: Scope, roles: Roles) -> Value | None:
    """What the call of a library's function or class gives."""
    if name in vocabulary.DEPENDS:
        return MarkerValue(argument(call, "dependency", 0), scope, call)
    if name in vocabulary.ENGINE_MAKERS or name in vocabulary.ASYNC_ENGINE_MAKERS:
        return EngineValue(name in vocabulary.ASYNC_ENGINE_MAKERS, call, scope)
    if name in vocabulary.SESSION_MAKERS or name in vocabulary.ASYNC_SESSION_MAKERS:
        return _factory(name in vocabulary.ASYNC_SESSION_MAKERS, call, scope, roles)
    if name in vocabulary.SCOPED_MAKERS or name in vocabulary.ASYNC_SCOPED_MAKERS:
        return _scoped(name in vocabulary.ASYNC_SCOPED_MAKERS, call, scope, roles)
    if name in vocabulary.CONNECTION_GETTERS:
        return ConnectionValue()
    if name in vocabulary.SESSION_GETTERS:
        return SessionValue(False)
    if name in vocabulary.PROVIDERS:
        return _provider(call, scope, roles)
    return _wrapped(name, call, scope, roles)


def _provider(call: Call, scope: Scope, roles: Roles) -> ProviderValue | None:
    """What a container's provider gives: what the call that it makes gives."""
    made = provided(call)
    value = given(roles.value(made, scope)) if made is not None else None
    return ProviderValue(value) if value is not None else None


def provided(call: Call) -> Call | None:
    """The call that a container's provider makes: of its first argument, with the others."""
    first, *rest = call.arguments or (None,)
    if first is None or first.name is not None or first.star:
        return None
    return Call(first.value, tuple(rest), call.place)


def _factory(is_async: bool, call: Call, scope: Scope, roles: Roles) -> FactoryValue:
    """A sessionmaker: its `class_`, else an async engine, says that its sessions are async, or are meant to be."""
    class_ = argument(call, "class_", 1)
    kind = roles.value(class_, scope) if class_ is not None else None
    if isinstance(kind, SessionClass):
        return FactoryValue(kind.is_async, kind.flavour, call=call, scope=scope, of=kind.of)
    bind = argument(call, "bind", 0)
    engine = roles.value(bind, scope) if bind is not None else None
    is_meant_async = isinstance(engine, EngineValue) and engine.is_async
    is_guessed = not is_async and (class_ is not None or has_stars(call))
    return FactoryValue(is_async or is_meant_async, call=call, scope=scope, is_guessed=is_guessed)


def _scoped(is_async: bool, call: Call, scope: Scope, roles: Roles) -> FactoryValue:
    inner = argument(call, "session_factory", 0)
    made = roles.value(inner, scope) if inner is not None else None
    if isinstance(made, FactoryValue):
        return FactoryValue(made.is_async, made.flavour, True, call, scope)
    return FactoryValue(is_async, "sqlalchemy", True, call, scope)


_PASSING_ON = (
    frozenset({"iter", "typing.cast"})
    | vocabulary.FIRST_ITEM
    | vocabulary.MANAGER_DECORATORS
    | vocabulary.CLOSING
    | vocabulary.BORROWING
    | vocabulary.PARTIAL
    | vocabulary.CACHE_DECORATORS
    | vocabulary.NAMED_TYPES
    | vocabulary.TYPE_VARIABLES
    | vocabulary.TYPE_TYPES
)


def _wrapped(name: str, call: Call, scope: Scope, roles: Roles) -> Value | None:
    """Calls that pass their argument on in another form; of others it is not asked what it is."""
    if name not in _PASSING_ON:
        return LibraryObject(name)
    first = argument(call, "", 0)
    inner = roles.value(first, scope) if first is not None else None
    if name == "iter":
        return inner if isinstance(inner, GeneratorValue) else None
    if name in vocabulary.FIRST_ITEM:
        if not isinstance(inner, GeneratorValue) or inner.is_async != name.endswith("anext"):
            return None
        return CoroutineValue(inner.value) if name.endswith("anext") else inner.value
    if name in vocabulary.MANAGER_DECORATORS:
        if isinstance(inner, FunctionValue):
            return ProviderValue(ManagerValue(roles.yielded(inner), inner))
        return None
    if name in vocabulary.CLOSING | vocabulary.BORROWING:
        return ManagerValue(inner)
    if name in vocabulary.PARTIAL and isinstance(inner, SessionClass):
        return FactoryValue(inner.is_async, inner.flavour, of=inner.of) if len(call.arguments) > 1 else inner
    if name in vocabulary.PARTIAL or name in vocabulary.CACHE_DECORATORS:
        return inner
    if name == "typing.cast":
        return roles.instance_of(inner)
    if name in vocabulary.NAMED_TYPES:
        second = argument(call, "tp", 1) or argument(call, "value")
        return roles.value(second, scope) if second is not None else None
    if name in vocabulary.TYPE_VARIABLES:
        bound = argument(call, "bound")
        return roles.value(bound, scope) if bound is not None else None
    if name in vocabulary.TYPE_TYPES:
        return inner.of if isinstance(inner, ObjectValue) else None
    return LibraryObject(name)


def is_false(expression: Expression | None) -> bool:
    """Whether an expression is the literal False."""
    return isinstance(expression, Constant) and expression.value is False


def is_true(expression: Expression | None) -> bool:
    """Whether an expression is the literal True."""
    return isinstance(expression, Constant) and expression.value is True
