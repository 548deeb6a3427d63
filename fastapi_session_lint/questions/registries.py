"""Registries of sessions: one for each thread or each scope, who uses them, and who removes what they keep."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.model.expressions import Attribute, Call, Constant, Expression, dotted
from fastapi_session_lint.model.syntax import Assigned, Function, Imported, Return
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars
from fastapi_session_lint.project.values import FactoryValue, Library, LibraryObject, Scope, SessionValue, Value
from fastapi_session_lint.questions.keeping import Keeping, is_receiver
from fastapi_session_lint.questions.reached import Occasion

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Registry(NamedTuple):
    """A call in `scope` that makes a registry, under `name` where it gets one.

    `has_scope` tells whether its sessions belong to a scope of its own; if not, to threads.
    """

    call: Call
    scope: Scope
    name: str
    has_scope: bool


class RegistryUse(NamedTuple):
    """Where a registry, or with `is_session` a session that it keeps, is used: `place` in a scope's module."""

    registry: int
    scope: Scope
    place: int
    is_session: bool


class ThreadBound(NamedTuple):
    """A registry by threads in a program that serves requests; `shared` tells of an async function that uses it."""

    registry: Registry
    shared: Note | None


class Registries:
    """The questions about registries."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def thread_bound(self, scope: Scope) -> Iterator[ThreadBound]:
        """The registries of a scope whose sessions belong to threads, where requests are served."""
        for one in self._lasting(scope):
            uses = self._served_uses(one)
            if one.has_scope or not self._is_served or uses is None or self._only_makes_globals(one):
                continue
            shared = next((use for use in uses if self._context.is_async_function(use.scope)), None)
            yield ThreadBound(one, None if shared is None else self._note(shared))

    def never_removed(self, scope: Scope) -> Iterator[tuple[Registry, Note]]:
        """The registries of a scope with a scope of their own that are used, and whose sessions nobody removes."""
        for one in self._lasting(scope):
            uses = self._served_uses(one) if one.has_scope else None
            if uses and id(one.call) not in self._removed and not self._is_removed_somehow:
                yield one, self._note(uses[0])

    # --- which there are ---

    @functools.cached_property
    def _all(self) -> dict[int, list[Registry]]:
        """All registries, by the identity of the scope in which they are made."""
        found: dict[int, list[Registry]] = {}
        for scope in (*self._context.names.all_scopes(), *self._context.names.classes):
            for call in calls_of(scope):
                value = self._context.value(call.function, scope)
                if isinstance(value, Library) and value.name in _MAKERS and not has_stars(call):
                    is_async = value.name in vocabulary.ASYNC_SCOPED_MAKERS
                    registry = Registry(call, scope, _name_of(call, scope), is_async or self._has_scope(call, scope))
                    found.setdefault(id(scope), []).append(registry)
        return found

    def _has_scope(self, call: Call, scope: Scope) -> bool:
        """Whether a registry is told whose its sessions are, and not by the number of the thread."""
        given = argument(call, vocabulary.SCOPE_OPTION, 1)
        if given is None or (isinstance(given, Constant) and given.value is None):
            return False
        value = self._context.value(given, scope)
        return not isinstance(value, Library) or value.name not in vocabulary.THREAD_IDENTITIES

    def _lasting(self, scope: Scope) -> Iterator[Registry]:
        """The registries of a scope that outlive a request; those of tests and scripts are no matter."""
        module = self._context.names.modules[scope.module.path]
        startup = self._context.framework.startup
        for one in self._all.get(id(scope), ()):
            if self._context.is_test(scope) or startup.is_script(module) or startup.is_one_off(module):
                continue
            if id(one.call) not in self._context.framework.main_calls(scope.module) and self._lasts(one):
                yield one

    def _lasts(self, registry: Registry) -> bool:
        call, scope = registry.call, registry.scope
        if not isinstance(scope.owner, Function):
            return True
        if self._context.reached.way(call, scope) is not None:
            return False
        if Keeping(self._context, call, scope).is_kept() or self._is_cached(scope):
            return True
        is_own = any(_owner_is_receiver(one.target, scope) for one in scope.owner.stores if one.value is call)
        return is_own or any(not isinstance(one.owner, Function) for one in self._context.framework.callers(scope))

    def _is_cached(self, scope: Scope) -> bool:
        assert isinstance(scope.owner, Function)
        return bool(self._context.roles.decorators(scope.owner, scope) & vocabulary.CACHE_DECORATORS)

    @functools.cached_property
    def _is_served(self) -> bool:
        """Whether any module, tests left out, has something of FastAPI."""
        return any(
            isinstance(one, Imported) and one.module.partition(".")[0] in vocabulary.SERVERS and not one.level
            for module in self._context.names.modules.values()
            if not self._context.is_test(module)
            for definitions in module.module.bindings.values()
            for one in definitions
        )

    # --- who uses them ---

    @functools.cached_property
    def _uses(self) -> tuple[RegistryUse, ...]:
        """All that the project does with registries and their sessions, in the order of the files."""
        scopes = (*self._context.names.all_scopes(), *self._context.names.classes) if self._all else ()
        return tuple(use for scope in scopes for use in self._uses_in(scope))

    def _uses_in(self, scope: Scope) -> Iterator[RegistryUse]:
        for expression, place in _used_expressions(scope):
            found = self._registry_of(expression, scope)
            if found is not None:
                yield RegistryUse(found, scope, place, isinstance(self._context.value(expression, scope), SessionValue))

    def _registry_of(self, expression: Expression, scope: Scope) -> int | None:
        """The registry, by its call, that an expression stands for or whose session it is."""
        value = self._context.value(expression, scope)
        match value:
            case FactoryValue(_, _, True, call) if call is not None:
                return id(call)
            case FactoryValue(_, _, True):  # known by its type alone: if there is one registry, it is that one
                known = [one for found in self._all.values() for one in found]
                return id(known[0].call) if len(known) == 1 else None
            case SessionValue(registry=call) if call is not None:
                return id(call)
        return None

    def _served_uses(self, registry: Registry) -> list[RegistryUse] | None:
        """The uses of a registry while requests are served; None where all that are known are at other times."""
        uses = [one for one in self._uses if one.registry == id(registry.call)]
        served = [one for one in uses if self._serves(one.scope)]
        return None if uses and not served else served

    def _serves(self, scope: Scope) -> bool:
        if self._context.is_test(scope):
            return False
        if not isinstance(scope.owner, Function):
            module = self._context.names.modules[scope.module.path]
            startup = self._context.framework.startup
            return not (startup.is_script(module) or startup.is_one_off(module))
        return not self._context.framework.runs_at_startup(scope) and not self._is_of_tasks(scope, frozenset())

    def _is_of_tasks(self, scope: Scope, seen: frozenset[int]) -> bool:
        """Whether a function is a task of a queue, or is called by such only: a worker has its threads to itself."""
        occasion = self._context.reached.occasion(scope)
        if occasion is not None or id(scope) in seen:
            return occasion is not Occasion.REQUEST
        callers = [one for one in self._context.framework.callers(scope) if not self._context.is_test(one)]
        return bool(callers) and all(self._is_of_tasks(one, seen | {id(scope)}) for one in callers)

    def _only_makes_globals(self, registry: Registry) -> bool:
        """Whether a registry serves for nothing but sessions that modules keep, which are shared in any case."""
        made = {id(call) for one in self._context.names.modules.values() for call in self._global_sessions(one)}
        uses = [one for one in self._uses if one.registry == id(registry.call) and not one.is_session]
        return bool(made and uses) and all(one.place in self._places(made, one.scope) for one in uses)

    def _global_sessions(self, module: Scope) -> Iterator[Call]:
        yield from (call for _, call, _ in self._context.shared.module_sessions(module))

    def _places(self, made: set[int], scope: Scope) -> set[int]:
        return {call.place for call in calls_of(scope) if id(call) in made}

    def _note(self, use: RegistryUse) -> Note:
        name = use.scope.owner.name if use.scope.owner is not None else ""
        text = f"`{name}` uses it here" if name else "it is used here"
        return self._context.note(use.scope, use.place, text)

    # --- who removes ---

    @functools.cached_property
    def _removals(self) -> tuple[tuple[Expression, Scope], ...]:
        """What every `….remove` of the project that takes nothing is asked of, called or handed on."""
        found = []
        for scope in (*self._context.names.all_scopes(), *self._context.names.classes):
            for call in calls_of(scope):
                handed = [one.value for one in call.arguments]
                for one in handed if call.arguments else [*handed, call.function]:
                    if isinstance(one, Attribute) and one.name == vocabulary.REGISTRY_CLOSE_METHOD:
                        found.append((one.value, scope))
        return tuple(found)

    @functools.cached_property
    def _removed(self) -> frozenset[int]:
        found = (self._registry_of(one, scope) for one, scope in self._removals)
        return frozenset(one for one in found if one is not None)

    @functools.cached_property
    def _is_removed_somehow(self) -> bool:
        """Whether something is removed of which nobody knows what it is: it may be a registry."""
        return any(_may_be_registry(self._context.value(one, scope)) for one, scope in self._removals)


_MAKERS = vocabulary.SCOPED_MAKERS | vocabulary.ASYNC_SCOPED_MAKERS


def _used_expressions(scope: Scope) -> Iterator[tuple[Expression, int]]:
    """What a scope calls, whose methods it calls, what it hands on, yields and returns, each with a place."""
    for call in calls_of(scope):
        yield call.function, call.place
        if isinstance(call.function, Attribute) and call.function.name != vocabulary.REGISTRY_CLOSE_METHOD:
            yield call.function.value, call.place
        yield from ((one.value, call.place) for one in call.arguments)
    if isinstance(scope.owner, Function):
        yield from ((one.value, one.place) for one in scope.owner.yields if one.value is not None)
        for statement in statements(scope.owner.body):
            if isinstance(statement, Return) and statement.value is not None:
                yield statement.value, statement.place


def _may_be_registry(value: Value | None) -> bool:
    """Whether a value is not known, or is a registry of which only the type is."""
    match value:
        case FactoryValue(_, _, True, call):
            return call is None
        case LibraryObject(name):
            return name in vocabulary.ANYTHING
    return value is None


def _owner_is_receiver(target: Expression, scope: Scope) -> bool:
    match target:
        case Attribute(owner, _):
            name = dotted(owner)
            return name is not None and is_receiver(name, scope)
    return False


def _name_of(call: Call, scope: Scope) -> str:
    """What the result of a call is called, empty where it gets no name of its own."""
    bindings = scope.module.bindings if scope.owner is None else scope.owner.bindings
    for name, definitions in bindings.items():
        if any(isinstance(one, Assigned) and one.value is call for one in definitions):
            return name
    stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
    return next((dotted(one.target) or "" for one in stores if one.value is call), "")
