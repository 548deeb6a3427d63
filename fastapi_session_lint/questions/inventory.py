"""What was understood of a project: its engines, factories, dependencies, routes, and the names that stayed unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.inventory import Inventory, Known, Received, Route
from fastapi_session_lint.model.expressions import Attribute, Call, Constant, dotted
from fastapi_session_lint.model.syntax import Assigned, Class, Function
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    ClassValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    MarkerValue,
    ObjectValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)
from fastapi_session_lint.questions.unresolved import name_or_call, unresolved
from fastapi_session_lint.versions import Versions

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_CHAIN = 8
"""How many dependencies a session may be handed through before the chain is no longer followed."""


def inventory(context: Context) -> Inventory:
    """What the project is understood to be; files of tests are left out."""
    scopes = [one for one in context.scopes() if not context.is_test(one)]
    dependencies = [one for one in scopes if context.framework.is_dependency(one) or context.is_session_dependency(one)]
    return Inventory(
        versions=tuple(sorted({_releases(context.versions(one)) for one in context.modules()})),
        engines=_ordered(one for scope in scopes for one in _made(context, scope, EngineValue)),
        factories=_ordered(one for scope in scopes for one in _made(context, scope, FactoryValue)),
        dependencies=_ordered(one for scope in dependencies for one in _dependency(context, scope)),
        routes=tuple(sorted(_routes(context, scopes))),
        unresolved=_ordered(one for scope in scopes for one in unresolved(context, scope)),
    )


def _ordered(found: Iterator[Known]) -> tuple[Known, ...]:
    """In the order of the files; what is said twice of one name in one file is said at its first row."""
    first: dict[tuple[str, str, str, str], Known] = {}
    for one in sorted(found, key=lambda one: (one.path, one.row or 0, one.name, one.what)):
        first.setdefault((one.path, one.name, one.what, one.detail if one.row is None else str(one.row)), one)
    return tuple(first.values())


def _releases(versions: Versions) -> str:
    told = ((name, getattr(versions, name.lower())) for name in ("SQLAlchemy", "SQLModel", "FastAPI", "Python"))
    return ", ".join(f"{name} {release}" for name, release in told if release.is_told or name != "SQLModel")


# --- engines and factories ---


def _made(context: Context, scope: Scope, kind: type[EngineValue | FactoryValue]) -> Iterator[Known]:
    """What the calls of a scope make of a kind, each under the name that it gets."""
    for call in calls_of(scope):
        value = context.value(call, scope)
        if isinstance(value, kind) and value.call is call:
            row = context.span(scope, call.place).row
            yield Known(scope.module.path, row, _name_of(call, scope, context), describe(value), _within(scope))


def _name_of(call: Call, scope: Scope, context: Context) -> str:
    for name, definitions in context.names.bindings(scope).items():
        if any(isinstance(one, Assigned) and one.value is call for one in definitions):
            return name
    stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
    return next((dotted(one.target) or "" for one in stores if one.value is call), "")


def _within(scope: Scope) -> str:
    return "" if scope.owner is None else f"in {scope.owner.qualified_name}"


def describe(value: Value | None) -> str:
    """What a value is, in words."""
    match value:
        case EngineValue(is_async):
            return "async engine" if is_async else "engine"
        case FactoryValue(is_async, flavour, is_scoped):
            kind = "scoped registry" if is_scoped else "factory"
            return f"{kind} of {_session_name(is_async, flavour)}"
        case SessionValue(is_async, flavour, _, of):
            own = of.owner.name if of is not None and isinstance(of.owner, Class) else ""
            return own or _session_name(is_async, flavour)
        case SessionClass(is_async, flavour):
            return _session_name(is_async, flavour)
        case ObjectValue(of):
            return of.definition.name
    return ""


def _session_name(is_async: bool, flavour: str) -> str:
    name = "AsyncSession" if is_async else "Session"
    return f"{name} (SQLModel)" if flavour == "sqlmodel" else name


# --- dependencies ---


def _dependency(context: Context, scope: Scope) -> Iterator[Known]:
    """A dependency that gives a session, or something that holds or was given one."""
    gives = _given(context, scope)
    handed = list(_received(context, scope, frozenset(), 0))
    made = [context.life(one) for one in context.creations(_maker(context, scope))]
    owner = scope.owner
    if owner is None or not (isinstance(gives, SessionValue) or handed or made):
        return
    verb = "yields" if context.is_generator(scope) else "gives"
    what = f"{verb} {describe(gives)}" if describe(gives) else "uses a session"
    row = context.span(scope, owner.place).row
    is_scoped = isinstance(gives, SessionValue) and gives.is_scoped
    closing = "kept by a scoped registry" if is_scoped and not made else _closing(context, made, handed)
    yield Known(scope.module.path, row, owner.qualified_name, what, closing)


def _given(context: Context, scope: Scope) -> Value | None:
    if isinstance(scope.owner, Class):
        return ObjectValue(ClassValue(scope))
    function = FunctionValue(scope)
    return context.roles.yielded(function) if function.function.is_generator else context.roles.returned(function)


def _maker(context: Context, scope: Scope) -> Scope:
    """The scope whose body runs: a class's `__init__`, else the function itself."""
    if isinstance(scope.owner, Class):
        for one in scope.owner.bindings.get("__init__", ()):
            if isinstance(one, Function):
                return context.names.scope_of(one)
    return scope


def _closing(context: Context, made: list[Life], handed: list[tuple[str, str, str]]) -> str:
    """Who closes the session that a dependency gives."""
    if not made:
        sources = ", ".join(sorted({source for _, source, _ in handed if source}))
        return f"the session is from {sources}" if sources else "closed by what it comes from"
    if any(one.is_left_open or _returns_open(one) for one in made):
        return "made here, closed by nobody"
    if any(context.leaks(one) for one in made):
        return "made here, not closed on every path"
    return "made and closed here"


def _returns_open(life: Life) -> bool:
    return any(moment.before.status is not Status.CLOSED and not moment.before.entered for moment in life.returns)


# --- routes ---


def _routes(context: Context, scopes: list[Scope]) -> Iterator[Route]:
    for scope in scopes:
        owner = scope.owner
        if isinstance(owner, Function) and context.framework.is_route(scope):
            sessions = _sessions_of(context, scope)
            row = context.span(scope, owner.place).row
            for method, url in _operations(owner):
                yield Route(scope.module.path, row, owner.qualified_name, method, url, sessions)


def _operations(function: Function) -> Iterator[tuple[str, str]]:
    """The method and path of each path operation decorator; a path that is not written out is empty."""
    for decorator in function.decorators:
        match decorator:
            case Call(Attribute(_, method), arguments, _) if method in vocabulary.ROUTE_METHODS:
                first = next((one.value for one in arguments if one.name in (None, "path")), None)
                yield method, str(first.value) if isinstance(first, Constant) else ""


def _sessions_of(context: Context, scope: Scope) -> tuple[Received, ...]:
    """The sessions that a route is given, finds, or makes; one that comes by several ways is told once."""
    names: dict[tuple[str, str], list[str]] = {}
    injected = set()
    for what, source, name in _received(context, scope, frozenset(), 0):
        names.setdefault((what, source), []).append(name)
        injected.add(name)
    for name, session in context.borrowed_names(scope):
        if name not in injected:
            names.setdefault((describe(session), ""), []).append(name)
    for creation in context.creations(scope):
        names.setdefault((describe(creation.session), "made here"), []).append(context.subject(creation))
    return tuple(
        Received(what, source, tuple(sorted(set(found), key=lambda name: (name.count(">"), name))))
        for (what, source), found in names.items()
    )


def _received(context: Context, scope: Scope, seen: frozenset[int], depth: int) -> Iterator[tuple[str, str, str]]:
    """The sessions that FastAPI injects, by the dependencies of dependencies too: what, from whom, under which name."""
    if id(scope) in seen or depth > _CHAIN:
        return
    for name, marker, value, target in _injected(context, _maker(context, scope)):
        if isinstance(value, SessionValue):
            yield describe(value), (_source(target) or name_or_call(marker.target)), name
        elif isinstance(target, FunctionValue | ClassValue):
            for what, source, inner in _received(context, target.scope, seen | {id(scope)}, depth + 1):
                yield what, source, f"{name} > {inner}"


def _source(target: Value | None) -> str:
    match target:
        case FunctionValue(scope) | ClassValue(scope) if scope.owner is not None:
            return scope.owner.qualified_name
    return describe(target)


def _injected(context: Context, scope: Scope) -> Iterator[tuple[str, MarkerValue, Value | None, Value | None]]:
    """What FastAPI gives to a function: name, marker, value, and the callable that gives it."""
    roles, owner = context.roles, scope.owner
    for parameter in owner.parameters if isinstance(owner, Function) else ():
        marker = roles.marker(parameter, scope)
        if marker is not None:
            target = roles.dependency(marker, parameter, scope)
            yield parameter.name, marker, roles.parameter(parameter, scope), target
    outer = scope.enclosing_class
    for name, definitions in context.names.bindings(outer).items() if outer is not None else ():
        for one in definitions:
            marked = roles.value(one.value, outer) if isinstance(one, Assigned) and outer is not None else None
            if isinstance(marked, MarkerValue):
                yield f"self.{name}", marked, roles.injected(marked), roles.dependency(marked)
