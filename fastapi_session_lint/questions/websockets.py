"""Sessions whose transaction is open while a websocket waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING, Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Attribute, Call, last_name
from fastapi_session_lint.model.syntax import For, Function, While
from fastapi_session_lint.model.walk import all_expressions
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import FunctionValue, Library, LibraryObject, Scope
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
        self._first_waits: dict[int, Note | None] = {}

    def waitings(self, scope: Scope) -> Iterator[Waiting]:
        """The sessions with an open transaction at a wait of a websocket route, or of what it calls."""
        waits = self._waits(scope) if self.is_route(scope) else []
        calls = self._waiting_calls(scope) if self.is_route(scope) else []
        for held in self._held.of(scope) if waits or calls else ():
            if held.is_hidden:
                first = self._note(scope, waits[0]) if waits else self._first_wait(calls[0][1])
                yield Waiting(held, _trail(held.used, first))
                continue
            trail = self._held_in(self._held.life(held, scope), waits, calls, LEAKING)
            if trail:
                yield Waiting(held, _trail(held.used, trail[-1]) if held.used is not None else trail)

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

    def _note(self, scope: Scope, wait: Call) -> Note:
        return self._context.note(scope, wait.place, f"`{last_name(wait.function)}()` waits here, and holds it")

    # --- waits of what is called ---

    def _waiting_calls(self, scope: Scope) -> list[tuple[Call, Scope]]:
        """The calls of a function that wait for a client of the websocket, with what they call."""
        found = []
        for call in calls_of(scope):
            function = self._context.value(call.function, scope)
            if isinstance(function, FunctionValue) and function.function.is_async and self._first_wait(function.scope):
                found.append((call, function.scope))
        return found

    def _first_wait(self, scope: Scope) -> Note | None:
        """Where a function, or what it calls, first waits for a client; one that only sleeps waits for nobody."""
        if id(scope) not in self._first_waits:
            self._first_waits[id(scope)] = None
            waits = self._received(scope)
            inner = self._waiting_calls(scope) if not waits else []
            if waits:
                self._first_waits[id(scope)] = self._note(scope, waits[0])
            elif inner:
                self._first_waits[id(scope)] = self._first_wait(inner[0][1])
        return self._first_waits[id(scope)]

    def _received(self, scope: Scope) -> list[Call]:
        return [one for one in calls_of(scope) if self._waits_here(one, False, scope)]

    # --- what is held there ---

    def _held_in(
        self, life: Life, waits: list[Call], calls: list[tuple[Call, Scope]], held: frozenset[Status], depth: int = 0
    ) -> tuple[Note, ...]:
        """Where a session takes a connection and which wait holds it; nothing where each finds it given back.

        `held` are the states in which a session holds one: for a callee also that in which it has come.
        """
        if not life.complete or depth > _CALLS:
            return ()
        nodes = nodes_by_expression(life.graph)
        at = {point.node for point in life.links if point.state.status in held}
        found = [one for one in waits if at & set(nodes.get(id(one), ()))]
        if found:
            wait = min(found, key=lambda one: life.scope.module.places[one.place])
            return self._from(life, self._note(life.scope, wait))
        for call, callee in calls:
            is_held = bool(at & set(nodes.get(id(call), ())))
            given = [one.effect.source for one in life.uses(UseKind.PASS) if one.place == call.place and one.effect]
            names = next((source[1] for source in given if source is not None and source[0] is callee), None)
            if names is not None:
                inner = self._context.life_of_names(callee, names)
                states = LEAKING | {Status.IDLE} if is_held else LEAKING
                trail = self._held_in(inner, self._received(callee), self._waiting_calls(callee), states, depth + 1)
                if trail:
                    return self._from(life, trail[-1]) if is_held else trail
            elif is_held and (wait_in_callee := self._first_wait(callee)) is not None:
                return self._from(life, wait_in_callee)
        return ()

    def _from(self, life: Life, wait: Note) -> tuple[Note, ...]:
        return _trail(self._held.first_use(life), wait)


_CALLS = 4
"""How many calls deep a wait is looked for."""


def _trail(used: Note | None, wait: Note | None) -> tuple[Note, ...]:
    return tuple(one for one in (used, wait) if one is not None)
