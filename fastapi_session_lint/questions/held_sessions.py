"""The sessions that a route has for as long as it runs: given to it by FastAPI, or to one of its dependencies."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING, Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    MarkerValue,
    ObjectValue,
    Scope,
    SessionValue,
)
from fastapi_session_lint.questions.late_commits import scope_of
from fastapi_session_lint.questions.session_users import SessionUsers
from fastapi_session_lint.vocabulary import IO_ACTIONS

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_CLOSED_BEFORE = ("0.106", "0.118")
"""The FastAPI releases from and before which the code behind a dependency's yield ran before the response was sent."""
_DEPTH = 6
"""How many dependencies deep a session is looked for."""


class HeldSession(NamedTuple):
    """A session that a generator dependency (`source`) closes when the route is done.

    `place` is that of the route's parameter by which it comes. `name` is what the route calls it; where it does not get
    it (`is_hidden`), the dependency that does. `used` tells where a dependency has used it and left a transaction open.
    `ends` is what `Depends` says of when it is closed: "request" or "function".
    """

    name: str
    place: int
    source: Scope
    ends: str
    used: Note | None
    is_hidden: bool = False


class HeldSessions:
    """The answer to "which sessions does this route hold"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._users = SessionUsers(context)

    @functools.cached_property
    def _functions(self) -> dict[int, Scope]:
        return {id(scope): scope for scope in self._context.names.functions}

    def of(self, scope: Scope) -> list[HeldSession]:
        """The sessions of a route, each once, its own ones first."""
        found: dict[int, HeldSession] = {}
        function = scope.owner
        assert isinstance(function, Function)
        for parameter in function.parameters:
            for one in self._own(parameter, scope):
                found.setdefault(id(one.source), one)
        for parameter in function.parameters:
            marker = self._context.roles.marker(parameter, scope)
            target = self._target(marker, parameter, scope)
            for one in self._of_dependency(target, parameter.place, 0) if target is not None else ():
                own = found.setdefault(id(one.source), one)
                if own.used is None and own.ends == one.ends:
                    found[id(one.source)] = own._replace(used=one.used)
        return list(found.values())

    def is_closed_early(self, ends: str, scope: Scope) -> bool:
        """Whether a session which `Depends` says this of is closed before the response is sent."""
        fastapi = self._context.versions(scope).fastapi
        return ends == "function" or (fastapi.at_least(_CLOSED_BEFORE[0]) and fastapi.before(_CLOSED_BEFORE[1]))

    def life(self, held: HeldSession, scope: Scope) -> Life:
        """What the route does to a session that it gets, as the dependencies have left it."""
        status = Status.IDLE if held.used is None else Status.BUSY
        return self._context.effects.life(scope, None, frozenset({held.name}), status)

    def _own(self, parameter: Parameter, scope: Scope) -> Iterator[HeldSession]:
        """The session that a parameter is, or that the object keeps which it is."""
        marker = self._context.roles.marker(parameter, scope)
        if marker is None:
            return
        value = self._context.roles.parameter(parameter, scope)
        target = self._target(marker, parameter, scope)
        if isinstance(value, SessionValue) and target is not None and self._context.is_generator(target):
            yield HeldSession(parameter.name, parameter.place, target, scope_of(marker), None)
        elif isinstance(value, ObjectValue) and target is not None:
            kept = self._users.kept_by(value.of)
            sources = list({id(one): (one, ends) for one, ends in self._given(target, 0)}.values())
            if len(kept) == len(sources) == 1:  # one session comes in, and one is kept
                path, (source, ends) = kept[0][0], sources[0]
                yield HeldSession(f"{parameter.name}.{path}", parameter.place, source, ends, None)

    def _given(self, target: Scope, depth: int) -> Iterator[tuple[Scope, str]]:
        """The generators whose sessions a dependency gets, itself or by others, and when they are closed."""
        assert isinstance(target.owner, Function)
        for parameter in target.owner.parameters if depth < _DEPTH else ():
            marker = self._context.roles.marker(parameter, target)
            source = self._target(marker, parameter, target)
            if marker is None or source is None:
                continue
            value = self._context.roles.parameter(parameter, target)
            if isinstance(value, SessionValue) and self._context.is_generator(source):
                yield source, scope_of(marker)
            elif isinstance(value, ObjectValue):
                yield from self._given(source, depth + 1)

    def _target(self, marker: MarkerValue | None, parameter: Parameter, scope: Scope) -> Scope | None:
        """The function that FastAPI calls for a parameter: of a class, its `__init__`."""
        target = self._context.roles.dependency(marker, parameter, scope) if marker is not None else None
        match target:
            case ObjectValue(of):
                target = self._context.roles.member(of, "__call__", target)
            case ClassValue():
                target = self._context.roles.member(target, "__init__", ObjectValue(target))
        return target.scope if isinstance(target, FunctionValue) else None

    def first_use(self, life: Life) -> Note | None:
        """Where a function takes a connection for a session first, by the source."""
        module = life.scope.module
        found = [
            one
            for one in life.uses(UseKind.ACT, UseKind.PASS)
            if one.action in IO_ACTIONS or (one.effect is not None and one.effect.io is not None)
        ]
        first = min(found, key=lambda one: module.places[one.place], default=None)
        if first is None:
            return None
        return Note(module.path, module.places[first.place], f"`{first.name}()` takes a connection here")

    # --- what dependencies do ---

    def _of_dependency(self, target: Scope, place: int, depth: int) -> Iterator[HeldSession]:
        """The sessions that a dependency, or one of its own, has used and left in use."""
        function = target.owner
        assert isinstance(function, Function)
        for parameter in function.parameters if depth < _DEPTH else ():
            marker = self._context.roles.marker(parameter, target)
            source = self._target(marker, parameter, target)
            if marker is None or source is None or argument(marker.call, "use_cache") is not None:
                continue
            is_session = isinstance(self._context.roles.parameter(parameter, target), SessionValue)
            used = self._left_in_use(target, parameter.name) if is_session else None
            if used is not None and self._context.is_generator(source):
                yield HeldSession(function.name, place, source, scope_of(marker), used, True)
            yield from self._of_dependency(source, place, depth + 1)

    def _left_in_use(self, scope: Scope, name: str) -> Note | None:
        """Where a function uses a session that it leaves with an open transaction whenever it returns."""
        effect = self._context.effects.of_names(scope, frozenset({name}))
        if effect is None or not effect.after or self._context.is_generator(scope):
            return None
        return effect.io if {one.status for one in effect.after} <= LEAKING else None
