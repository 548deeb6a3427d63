"""What a call does that is not given the session: nothing, raise, never return, close every session there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.handing import Handing, callee
from fastapi_session_lint.flow.uses import REACHING, Use, UseKind
from fastapi_session_lint.model.expressions import Attribute, Call, Collection, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Function
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.values import (
    ClassValue,
    FactoryValue,
    FunctionValue,
    Library,
    LibraryObject,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects

_BASES = 8


def other_use(handing: Handing) -> Use | None:
    """What happens by a call that is not given the session; None where nothing does."""
    effects, scope, names, call, function, name = handing
    if _closes_all(effects.roles, scope, call, name):
        return Use(UseKind.ACT, call.place, Action.CLOSE, name=callee(call))
    if is_quiet(effects.roles, scope, call, name):
        return None
    if _never_returns(effects, call, function, name):
        return Use(UseKind.CALL, call.place, name="exit")
    return Use(UseKind.CALL, call.place, name=REACHING if _reaches(call, names) else "")


def _reaches(call: Call, names: frozenset[str]) -> bool:
    """Whether a call is given an object of which an attribute, or one of that, is the session."""
    roots = tuple(f"{one.value.id}." for one in call.arguments if isinstance(one.value, Name))
    return bool(roots) and any(name.startswith(roots) for name in names)


def _closes_all(roles: Roles, scope: Scope, call: Call, name: str) -> bool:
    """Whether a call closes every session of a factory, or the one that a registry keeps."""
    match call.function:
        case Attribute(owner, vocabulary.CLOSE_ALL_METHOD):
            return isinstance(roles.value(owner, scope), FactoryValue | SessionClass)
        case Attribute(owner, vocabulary.REGISTRY_CLOSE_METHOD):
            registry = roles.value(owner, scope)
            return isinstance(registry, FactoryValue) and registry.is_scoped
    return name in vocabulary.CLOSE_ALL


def _never_returns(effects: Effects, call: Call, function: Value | None, name: str) -> bool:
    if isinstance(function, FunctionValue):
        return effects.never_returns(function)
    return name in vocabulary.EXITS or (function is None and dotted(call.function) in vocabulary.EXITS)


def is_quiet(roles: Roles, scope: Scope, call: Call, name: str) -> bool:
    """Calls that do not raise: logging, printing, clocks, context managers that only suppress or wait."""
    if name in vocabulary.QUIET_CALLS | vocabulary.QUIET_MANAGERS:
        return True
    match call.function:
        case Attribute(owner, "close" | "rollback"):
            return isinstance(roles.value(owner, scope), SessionValue)
        case Attribute(Name(owner), method) if method in vocabulary.QUIET_LIST_METHODS:
            return _is_list(roles, scope, owner)
        case Attribute(owner, method) if method in vocabulary.LOG_METHODS:
            value = roles.value(owner, scope)
            if isinstance(value, Library | LibraryObject):
                return value.name.startswith(("logging", "loguru", "structlog"))
            return value is None and "log" in (dotted(owner) or "").lower()
        case Name(builtin):
            is_quiet_builtin = builtin in vocabulary.QUIET_CALLS | vocabulary.NAME_TABLES
            return is_quiet_builtin and not roles.names.lookup(builtin, scope)
    return False


def _is_list(roles: Roles, scope: Scope, name: str) -> bool:
    """Whether a name of a function has only ever been bound to lists that are written out there."""
    bindings = roles.names.bindings(scope).get(name, ()) if isinstance(scope.owner, Function) else ()
    lists = [one for one in bindings if isinstance(one, Assigned) and one.via == "=" and one.position is None]
    return len(lists) == len(bindings) > 0 and all(
        isinstance(one.value, Collection) and one.value.kind == "list" for one in lists
    )


def property_of(roles: Roles, of: ClassValue, name: str) -> FunctionValue | None:
    """The function of a property, of a class or its bases."""
    for one in _lineage(roles, of):
        for definition in one.definition.bindings.get(name, ()):
            if not isinstance(definition, Function):
                return None
            scope = roles.names.scope_of(definition)
            is_property = roles.decorators(definition, scope) & vocabulary.PROPERTY_DECORATORS
            return FunctionValue(scope, of) if is_property else None
    return None


def _lineage(roles: Roles, of: ClassValue, depth: int = 0) -> Iterator[ClassValue]:
    yield of
    for base in roles.bases(of) if depth < _BASES else ():
        yield from _lineage(roles, base, depth + 1)
