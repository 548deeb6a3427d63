"""Registries of sessions: those that go by threads, and those whose sessions nobody removes."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.model.expressions import Attribute, Call, Constant, Expression, dotted
from fastapi_session_lint.model.syntax import Assigned, Function, Imported
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars
from fastapi_session_lint.project.values import Library, Scope
from fastapi_session_lint.questions.keeping import Keeping, is_receiver
from fastapi_session_lint.questions.registry_uses import RegistryUse, RegistryUses

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
            if one.has_scope or not self._is_served or self._users.is_for_other_times(one.call):
                continue
            if self._only_makes_globals(one):
                continue
            served = self._users.served(one.call)
            shared = next((use for use in served if self._context.is_async_function(use.scope)), None)
            yield ThreadBound(one, None if shared is None else self._note(shared))

    def never_removed(self, scope: Scope) -> Iterator[tuple[Registry, Note]]:
        """The registries of a scope with a scope of their own that are used, and whose sessions nobody removes."""
        for one in self._lasting(scope):
            use = next(self._users.served(one.call), None) if one.has_scope else None
            if use is not None and not self._users.is_removed(one.call):
                yield one, self._note(use)

    # --- which there are ---

    @functools.cached_property
    def _all(self) -> dict[int, list[Registry]]:
        """All registries, by the identity of the scope in which they are made."""
        found: dict[int, list[Registry]] = {}
        for scope in (*self._context.names.all_scopes(), *self._context.names.classes):
            for call in calls_of(scope) if self._context.contents.calls_any(_MAKERS, scope) else ():
                value = self._context.value(call.function, scope)
                if isinstance(value, Library) and value.name in _MAKERS and not has_stars(call):
                    is_async = value.name in vocabulary.ASYNC_SCOPED_MAKERS
                    registry = Registry(call, scope, _name_of(call, scope), is_async or self._has_scope(call, scope))
                    found.setdefault(id(scope), []).append(registry)
        return found

    @functools.cached_property
    def _users(self) -> RegistryUses:
        return RegistryUses(self._context, frozenset(id(one.call) for found in self._all.values() for one in found))

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

    def _only_makes_globals(self, registry: Registry) -> bool:
        """Whether a registry serves for nothing but sessions that modules keep, which are shared in any case."""
        made = {id(call) for one in self._context.names.modules.values() for call in self._global_sessions(one)}
        uses = (one for one in self._users.of(registry.call) if not one.is_session)
        there = [one.place in self._places(made, one.scope) for one in uses] if made else []
        return bool(there) and all(there)

    def _global_sessions(self, module: Scope) -> Iterator[Call]:
        yield from (call for _, call, _ in self._context.shared.module_sessions(module))

    def _places(self, made: set[int], scope: Scope) -> set[int]:
        return {call.place for call in calls_of(scope) if id(call) in made}

    def _note(self, use: RegistryUse) -> Note:
        name = use.scope.owner.name if use.scope.owner is not None else ""
        text = f"`{name}` uses it here" if name else "it is used here"
        return self._context.note(use.scope, use.place, text)


_MAKERS = vocabulary.SCOPED_MAKERS | vocabulary.ASYNC_SCOPED_MAKERS


def _owner_is_receiver(target: Expression, scope: Scope) -> bool:
    match target:
        case Attribute(owner, _):
            name = dotted(owner)
            return name is not None and is_receiver(name, scope)
    return False


def _name_of(call: Call, scope: Scope) -> str:
    """What the result of a call is called, empty where it gets no name of its own."""
    own = scope.module.bindings if scope.owner is None else scope.owner.bindings
    for bindings in (own, scope.module.bindings):
        for name, definitions in bindings.items():
            if any(isinstance(one, Assigned) and one.value is call for one in definitions):
                return name
    stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
    return next((dotted(one.target) or "" for one in stores if one.value is call), "")
