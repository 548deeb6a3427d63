"""Sessions that a function opens while another one, which it was given, holds a connection of the same pool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life, Moment, Point
from fastapi_session_lint.flow.states import LEAKING, Status
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import Await, Call
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    EngineValue,
    FactoryValue,
    FunctionValue,
    ManagerValue,
    ObjectValue,
    Scope,
    SessionClass,
    SessionValue,
)
from fastapi_session_lint.questions.graph_places import nodes_by_expression
from fastapi_session_lint.questions.held_sessions import HeldSessions
from fastapi_session_lint.questions.made_sessions import made_sessions
from fastapi_session_lint.questions.order import is_always_met
from fastapi_session_lint.questions.same_session import SessionKeys
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_DEPTH = 40
"""How many calls deep a function is looked for that opens a session of its own: what lies deeper is not known."""
_TAKING = IO_ACTIONS - {Action.COMMIT, Action.ROLLBACK}
_ENDING = frozenset({Action.COMMIT, Action.ROLLBACK, Action.CLOSE})
_ENDED = frozenset({Status.SETTLED, Status.CLOSED})


_OPENING: Wanted = frozenset({FunctionValue, FactoryValue, SessionClass})
_MANAGERS = frozenset({ManagerValue})


class SecondSession(NamedTuple):
    """A session that the call at `place` opens beside the one called `first`; `by` is the function that opens it."""

    place: int
    first: str
    by: str
    trail: tuple[Note, ...]


class _First(NamedTuple):
    """A session that a function was given, its engine, and where others have used it before."""

    name: str
    life: Life
    engine: EngineValue
    used: Note | None


class _Opening(NamedTuple):
    """A call that opens a session on an engine, the nodes at which that takes a connection, and where."""

    call: Call
    engine: EngineValue
    nodes: frozenset[int]
    taken: Note
    by: str = ""


class SecondSessions:
    """The questions about sessions beside others."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._engines = context.session_engines
        self._held = HeldSessions(context)
        self._keys = SessionKeys(context)
        self._known: dict[int, _Opening | None] = {}
        self._depth = 0

    def of(self, scope: Scope) -> Iterator[SecondSession]:
        """The sessions that a function of a request opens while one that it was given holds a connection."""
        context = self._context
        if not isinstance(scope.owner, Function) or context.is_test(scope) or context.is_generator(scope):
            return
        contents = context.contents
        if not contents.calls_any(_OPENING, scope) and not contents.gives_any(_MANAGERS, scope):
            return
        firsts = list(self._firsts(scope))
        openings = list(self._openings(scope)) if firsts else []
        if not openings or context.framework.runs_at_startup(scope) or context.requests.entry(scope) is None:
            return
        for opening in openings:
            found = (one for first in firsts if (one := self._beside(opening, first)) is not None)
            yield from [one for one in [next(found, None)] if one is not None]

    # --- the first one ---

    def _firsts(self, scope: Scope) -> Iterator[_First]:
        """The sessions that a function is given, by FastAPI, by its callers, or with its object."""
        held = [one for one in self._held.of(scope) if not one.is_hidden]
        for one in held:
            engine = self._engines.of_function(one.source)
            if engine is not None:
                yield _First(one.name, self._held.life(one, scope), engine, one.used)
        known = {one.name for one in held}
        for name, session in self._context.borrowed_names(scope):
            engine = self._engines.only(session.is_async)
            if name not in known and engine is not None and not session.is_scoped and self._is_given(name, scope):
                yield _First(name, self._context.life_of_names(scope, frozenset({name})), engine, None)

    def _is_given(self, name: str, scope: Scope) -> bool:
        """Whether a session is a parameter, or what the method's object was given."""
        function = scope.owner
        root, _, path = name.partition(".")
        bound = self._context.names.bindings(scope).get(root, ())
        if not bound or not all(isinstance(one, Parameter) for one in bound):
            return False
        if not path:
            return True
        first = function.parameters[0] if isinstance(function, Function) else None
        value = self._context.roles.parameter(first, scope) if first is not None and first.name == root else None
        return isinstance(value, ObjectValue) and self._keys.is_given(value.of, path)

    # --- the second one ---

    def _openings(self, scope: Scope) -> Iterator[_Opening]:
        """The calls of a function that open a session, itself or by a function that does so whenever it is called."""
        yield from self._own(scope)
        found: list[tuple[Call, FunctionValue, _Opening]] = []
        for call in calls_of(scope):
            function = self._context.value(call.function, scope)
            inner = self._opens(function) if isinstance(function, FunctionValue) else None
            if isinstance(function, FunctionValue) and inner is not None and not self._is_given_one(call, scope):
                found.append((call, function, inner))
        nodes = nodes_by_expression(self._context.effects.graph(scope)) if found else {}
        awaited = self._awaited(scope) if found else frozenset[int]()
        for call, function, inner in found:
            if id(call) in nodes and (id(call) in awaited or not function.function.is_async):
                yield _Opening(call, inner.engine, frozenset(nodes[id(call)]), inner.taken, function.function.name)

    def _own(self, scope: Scope) -> Iterator[_Opening]:
        for call, life in made_sessions(self._context, scope):
            engine = self._engines.of_call(call, scope) if life.complete else None
            taking = [one for one in life.moments if one.before.status.is_open and _takes(one.use)]
            if engine is not None and taking:
                use = min((one.use for one in taking), key=lambda one: scope.module.places[one.place])
                note = self._context.note(scope, use.place, "the second connection is taken here")
                yield _Opening(call, engine, frozenset(one.point.node for one in taking), note)

    def _awaited(self, scope: Scope) -> frozenset[int]:
        parts = scope.expressions if scope.owner is not None else ()
        return frozenset(id(one.value) for one in parts if isinstance(one, Await))

    def _opens(self, function: FunctionValue) -> _Opening | None:
        """The session that a function opens on its own whenever it is called."""
        scope = function.scope
        if id(scope) not in self._known and self._depth < _DEPTH:
            self._known[id(scope)] = None  # for those who come back here
            if self._is_plain(function):
                self._depth += 1
                graph = self._context.effects.graph(scope)
                found = (one for one in self._openings(scope) if is_always_met(graph, one.nodes))
                self._known[id(scope)] = next(found, None)
                self._depth -= 1
        return self._known.get(id(scope))

    def _is_plain(self, function: FunctionValue) -> bool:
        """Whether a call runs the function's body, and does not hand it a session to work with."""
        definition, scope = function.function, function.scope
        outer = scope.outer or scope
        if definition.is_generator or any(
            self._context.roles.decorator_name(one, outer) not in vocabulary.METHOD_DECORATORS
            for one in definition.decorators
        ):
            return False
        return not any(
            isinstance(self._context.roles.parameter(one, scope), SessionValue) for one in definition.parameters
        )

    def _is_given_one(self, call: Call, scope: Scope) -> bool:
        return any(self._context.session(one.value, scope) is not None for one in call.arguments)

    # --- both ---

    def _beside(self, opening: _Opening, first: _First) -> SecondSession | None:
        """The second session, where the first holds a connection of the same pool as it takes its own."""
        life = first.life
        if first.engine.call is not opening.engine.call or not life.complete:
            return None
        moments: dict[Point, list[Moment]] = defaultdict(list)
        for moment in life.moments:
            moments[moment.point].append(moment)
        for point in life.links:
            if point.node in opening.nodes and point.state.status in LEAKING:
                held = self._held_since(first, point, moments)
                if held is not None:
                    return SecondSession(opening.call.place, first.name, opening.by, (held, opening.taken))
        return None

    def _held_since(self, first: _First, point: Point, moments: dict[Point, list[Moment]]) -> Note | None:
        """Where the first session has taken the connection that it holds at a point."""
        held = first.used
        for link in first.life.way(point):
            for moment in moments[link.point] if link.point is not None else ():
                if _takes(moment.use) and not _ends(moment.use):
                    text = f"`{first.name}` takes a connection here"
                    held = held or self._context.note(first.life.scope, moment.use.place, text)
                elif _ends(moment.use):
                    held = None
        return held


def _takes(use: Use) -> bool:
    """Whether a use of a session takes a connection, unless it has one."""
    if use.kind is UseKind.PASS:
        return use.effect is not None and use.effect.io is not None
    return use.kind is UseKind.ACT and use.action in _TAKING


def _ends(use: Use) -> bool:
    """Whether a use of a session gives its connection back."""
    if use.kind is UseKind.PASS and use.effect is not None:
        return bool(use.effect.after) and all(one.status in _ENDED for one in use.effect.after)
    return use.kind is UseKind.ACT and use.action in _ENDING
