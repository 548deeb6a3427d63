"""The transactions of one request: several of them one after the other, and those begun twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING, Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Call, Collection
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    FunctionValue,
    MarkerValue,
    ObjectValue,
    Scope,
)
from fastapi_session_lint.questions.followed import lives
from fastapi_session_lint.questions.late_commits import scope_of
from fastapi_session_lint.questions.order import following
from fastapi_session_lint.vocabulary import TRANSACTION_TESTS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Pair(NamedTuple):
    """Two commits of one session on one path."""

    name: str
    first: int
    second: int
    entry: Scope


class SecondBegin(NamedTuple):
    """A `begin()` on a session which a dependency of the same request has used before."""

    name: str
    place: int
    dependency: str
    used: Note


class Requests:
    """The questions about the transactions of a request."""

    def __init__(self, context: Context) -> None:
        self._context = context

    # --- one after the other ---

    def pairs(self, scope: Scope) -> Iterator[Pair]:
        """For each session the second commit on one path, in a function that a request runs."""
        entry = self.entry(scope) if isinstance(scope.owner, Function) and not self._context.is_test(scope) else None
        seen = set[int]()
        for name, _, life in lives(self._context, scope) if entry is not None else ():
            found = self._pair(life) if life.complete else None
            if found is not None and entry is not None and found[1] not in seen:
                seen.add(found[1])
                yield Pair(name, *found, entry)

    def _pair(self, life: Life) -> tuple[int, int] | None:
        commits = {one.use.place: one.point.node for one in life.moments if self._context.transactions.commits(one.use)}
        places = life.scope.module.places
        found = [
            (second, first)
            for first, node in commits.items()
            for after in [following(life.graph, (node,))]
            for second, other in commits.items()
            if other in after and places[first] < places[second]
        ]
        if not found:
            return None
        second, first = min(found, key=lambda one: (places[one[0]], places[one[1]]))
        return first, second

    def entry(self, scope: Scope) -> Scope | None:
        """The route or dependency that runs a function, over any number of calls; None where none does."""
        framework = self._context.framework
        queue, seen = [scope], {id(scope)}
        for one in queue:
            if framework.is_route(one) or (framework.is_dependency(one) and not self._context.is_test(one)):
                return one
            for caller in framework.callers(one):
                if id(caller) not in seen and not self._context.is_test(caller):
                    seen.add(id(caller))
                    queue.append(caller)
        return None

    # --- begun twice ---

    def second_begins(self, scope: Scope) -> Iterator[SecondBegin]:
        """The `begin()` of a route on an injected session that a dependency of the same request has used."""
        if not self._context.framework.is_route(scope):
            return
        function = scope.owner
        assert isinstance(function, Function)
        for parameter in function.parameters:
            marker = self._context.roles.marker(parameter, scope)
            source = self._function(marker, parameter, scope) if marker is not None else None
            if marker is None or source is None or not _is_cached(marker):
                continue
            place = self._begins(scope, parameter.name)
            used = self._used(scope, source, scope_of(marker), frozenset()) if place is not None else None
            if place is not None and used is not None:
                yield SecondBegin(parameter.name, place, *used)

    def _begins(self, scope: Scope, name: str) -> int | None:
        """Where a route begins a transaction of a session that it has not ended before, and asks nothing of it."""
        life = self._context.life_of_names(scope, frozenset({name}))
        if not life.complete or any(use.name in TRANSACTION_TESTS for use in life.uses(UseKind.ACT)):
            return None
        untouched = LEAKING | {Status.IDLE}
        places = (
            moment.use.place
            for moment in life.moments
            if moment.use.kind is UseKind.ACT
            and moment.use.action is Action.BEGIN
            and moment.before.status in untouched
        )
        return next(places, None)

    def _function(self, marker: MarkerValue, parameter: Parameter | None, scope: Scope) -> Scope | None:
        """The function that a marker has FastAPI call."""
        target = self._context.roles.dependency(marker, parameter, scope)
        if isinstance(target, ObjectValue):
            target = self._context.roles.member(target.of, "__call__", target)
        return target.scope if isinstance(target, FunctionValue) else None

    def _used(self, scope: Scope, source: Scope, kind: str, seen: frozenset[int]) -> tuple[str, Note] | None:
        """The dependency of a function that leaves the session of a source in use, and where it uses it."""
        for marker, parameter in self._injected(scope):
            target = self._function(marker, parameter, scope)
            if target is None or target is source or id(target) in seen or not isinstance(target.owner, Function):
                continue
            for inner in target.owner.parameters:
                given = self._context.roles.marker(inner, target)
                if given is None or self._function(given, inner, target) is not source:
                    continue
                used = self._left_in_use(target, inner.name)
                if used is not None and _is_cached(given) and scope_of(given) == kind:
                    return target.owner.name, used
            if (found := self._used(target, source, kind, seen | {id(target)})) is not None:
                return found
        return None

    def _left_in_use(self, scope: Scope, name: str) -> Note | None:
        effect = self._context.effects.of_names(scope, frozenset({name}))
        if effect is None or not effect.after or not {one.status for one in effect.after} <= LEAKING | {Status.IDLE}:
            return None
        return effect.io

    def _injected(self, scope: Scope) -> Iterator[tuple[MarkerValue, Parameter | None]]:
        """The markers of a function's parameters, and those in `dependencies=[…]` of its decorators."""
        function = scope.owner
        assert isinstance(function, Function)
        for parameter in function.parameters:
            marker = self._context.roles.marker(parameter, scope)
            if marker is not None:
                yield marker, parameter
        for decorator in function.decorators:
            listed = argument(decorator, "dependencies") if isinstance(decorator, Call) else None
            for item in listed.items if isinstance(listed, Collection) else ():
                value = self._context.value(item, scope.outer or scope)
                if isinstance(value, MarkerValue):
                    yield value, None


def _is_cached(marker: MarkerValue) -> bool:
    """Whether a request calls what a marker names once only."""
    return argument(marker.call, "use_cache") is None
