"""Sessions whose transaction is open while a websocket waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING
from fastapi_session_lint.model.expressions import Attribute, Call, last_name
from fastapi_session_lint.model.syntax import For, Function, While
from fastapi_session_lint.model.walk import all_expressions
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import Library, LibraryObject, Scope
from fastapi_session_lint.questions.graph_places import nodes_by_expression
from fastapi_session_lint.questions.held_sessions import HeldSession, HeldSessions

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Waiting(NamedTuple):
    """A session that a websocket route holds while it waits; the trail tells where it is used, and where it waits."""

    held: HeldSession
    trail: tuple[Note, ...]


class Websockets:
    """The questions about websockets."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._held = HeldSessions(context)

    def waitings(self, scope: Scope) -> Iterator[Waiting]:
        """The sessions with an open transaction at a wait of a websocket route."""
        waits = self._waits(scope) if self.is_route(scope) else []
        for held in self._held.of(scope) if waits else ():
            if held.is_hidden:
                wait = waits[0]
                yield Waiting(held, self._trail(held.used, wait, scope))
                continue
            life = self._held.life(held, scope)
            found = self._held_at(life, waits, scope) if life.complete else None
            if found is not None:
                yield Waiting(held, self._trail(held.used or self._held.first_use(life), found, scope))

    def is_route(self, scope: Scope) -> bool:
        """Whether a function is a websocket route of the application."""
        if not isinstance(scope.owner, Function) or self._context.is_test(scope):
            return False
        names = (last_name(one.function) for one in scope.owner.decorators if isinstance(one, Call))
        return bool(vocabulary.WEBSOCKET_ROUTES & set(names)) and self._context.framework.is_route(scope)

    def _waits(self, scope: Scope) -> list[Call]:
        """Where a route waits for its client, or for the next round of a loop."""
        assert isinstance(scope.owner, Function)
        loops = (one for one in scope.statements if isinstance(one, While | For))
        in_loops = {id(part) for one in loops for part in all_expressions(one.body)}
        return [one for one in calls_of(scope) if self._waits_here(one, id(one) in in_loops, scope)]

    def _waits_here(self, call: Call, is_in_loop: bool, scope: Scope) -> bool:
        function = self._context.value(call.function, scope)
        if isinstance(function, Library) and function.name in vocabulary.SLEEPS:
            return is_in_loop
        match call.function:
            case Attribute(owner, method) if method in vocabulary.WEBSOCKET_WAITS:
                value = self._context.value(owner, scope)
                return isinstance(value, LibraryObject) and value.name in vocabulary.WEBSOCKETS
        return False

    def _held_at(self, life: Life, waits: list[Call], scope: Scope) -> Call | None:
        """The first wait at which a transaction may be open."""
        nodes = nodes_by_expression(life.graph)
        held = {point.node for point in life.links if point.state.status in LEAKING}
        found = (one for one in waits if held & set(nodes.get(id(one), ())))
        return min(found, key=lambda one: scope.module.places[one.place], default=None)

    def _trail(self, used: Note | None, wait: Call, scope: Scope) -> tuple[Note, ...]:
        waits = self._context.note(scope, wait.place, f"`{last_name(wait.function)}()` waits here, and holds it")
        return (waits,) if used is None else (used, waits)
