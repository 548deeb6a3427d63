"""ORM objects that are read when their session has expired them at a commit, and is closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import State, Status
from fastapi_session_lint.flow.steps import Bind, Exit, Graph, Leave, Step
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import (
    NOWHERE,
    Attribute,
    Await,
    Call,
    Expression,
    Name,
)
from fastapi_session_lint.model.syntax import Function, Skipped
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import ClassValue, FunctionValue, ObjectValue, Scope
from fastapi_session_lint.questions.entities import Entities
from fastapi_session_lint.questions.graph_places import expressions_in
from fastapi_session_lint.questions.made_sessions import made_sessions
from fastapi_session_lint.questions.name_steps import (
    calls_in,
    calls_of_graph,
    is_name,
    read_in_place,
    returns_name,
    touching,
)
from fastapi_session_lint.questions.order import following
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_RELOADING = IO_ACTIONS - {Action.COMMIT, Action.ROLLBACK}
_BASES = 8


class DetachedUse(NamedTuple):
    """A use of an object at `place` that cannot read it. `what` is read, or by FastAPI what is returned when empty."""

    place: int
    what: str
    trail: tuple[Note, ...]


class _Held(NamedTuple):
    """An object of one session: the nodes at which it gets in, at which it may be read anew, and of commits."""

    name: str
    gained: frozenset[int]
    renewed: frozenset[int]
    commits: frozenset[int]


class Objects:
    """The questions about the objects of sessions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._given: dict[int, Note | None] = {}

    def uses(self, scope: Scope) -> Iterator[DetachedUse]:
        """The first reads of objects whose session has expired them and is closed, one for each object."""
        if not isinstance(scope.owner, Function) or self._context.is_test(scope):
            return
        found = [*self._own(scope), *self._of_others(scope)]
        yield from {one.place: one for one in found}.values()

    # --- objects of the function's own sessions ---

    def _own(self, scope: Scope) -> Iterator[DetachedUse]:
        is_route = self._context.framework.is_route(scope)
        for life, held in self._objects(scope):
            graph = life.graph
            for at, node in enumerate(graph.nodes):
                states = [point.state for point in life.links if point.node == at]
                if not states or not self._is_expired(held, at, graph, states, life):
                    continue
                if _are_closed(states) and (what := self._read(node.step, held.name, scope)):
                    yield DetachedUse(_place(node.step), what, self._trail(life, held))
                elif is_route and returns_name(node.step, held.name) and self._are_closed_after(states):
                    yield DetachedUse(_place(node.step), "", self._trail(life, held))

    def _objects(self, scope: Scope) -> Iterator[tuple[Life, _Held]]:
        """The objects of the sessions that a function makes, and whose objects are known to expire."""
        for call, life in made_sessions(self._context, scope):
            if not life.complete or not self._context.factories.expires(call, scope):
                continue
            commits = self._commits(life)
            names = frozenset(name for one in life.moments for name in one.before.names if ">" not in name)
            entities = Entities(self._context, scope, names)
            if commits and not any(entities.lets_go(one) for one in calls_of_graph(life.graph)):
                for name, gained in self._gained(life, entities).items():
                    yield life, _Held(name, frozenset(gained), self._renewed(life, name) - commits, commits)

    def _commits(self, life: Life) -> frozenset[int]:
        """The nodes at which a session is committed, by leaving a block of `begin()` as well."""
        commits = {
            one.point.node
            for one in life.moments
            if one.use.kind is UseKind.ACT and one.use.action is Action.COMMIT and one.before.status.is_open
        }
        blocks = {
            block
            for state in {point.state for point in life.links}
            for block in self._context.transactions.begins_around(life, state)
        }
        for at, node in enumerate(life.graph.nodes):
            if isinstance(node.step, Exit) and node.step.block in blocks and not node.step.failing:
                commits.add(at)
        return frozenset(commits)

    def _gained(self, life: Life, entities: Entities) -> dict[str, set[int]]:
        """The objects by name, with the nodes at which the session gets or gives them."""
        found: dict[str, set[int]] = {}
        for at, node in enumerate(life.graph.nodes):
            match node.step:
                case Bind((Name(name),), value, _) if entities.is_one(value):
                    found.setdefault(name, set()).add(at)
            for call in calls_in(node.step):
                for name in entities.added(call):
                    found.setdefault(name, set()).add(at)
        return found

    def _renewed(self, life: Life, name: str) -> frozenset[int]:
        """The nodes at which an object is bound, or may be read from the database."""
        asked = {
            one.point.node
            for one in life.moments
            if (one.use.kind is UseKind.ACT and one.use.action in _RELOADING)
            or (one.use.kind is UseKind.PASS and (one.use.effect is None or one.use.effect.io is not None))
        }
        return frozenset(asked) | touching(life.graph, name)

    def _is_expired(self, held: _Held, at: int, graph: Graph, states: list[State], life: Life) -> bool:
        """Whether every way to a node leads past the object's coming in and then past a commit, but for errors."""
        if _is_reached(graph, at, (), held.gained):
            return False
        if all(self._context.transactions.begins_around(life, state) for state in states):
            return at in following(graph, held.gained)  # the commit comes when the block is left
        return at in following(graph, held.commits) and not _is_reached(graph, at, held.renewed, held.commits)

    def _are_closed_after(self, states: Iterable[State]) -> bool:
        """Whether a session is closed, or will be by the blocks that are left, once the function has returned."""
        return all(
            state.status is Status.CLOSED
            or (state.status.is_open and any(what == "close" for _, what in state.entered))
            for state in states
        )

    def _trail(self, life: Life, held: _Held) -> tuple[Note, ...]:
        places = [one.use.place for one in life.moments if one.point.node in held.commits and one.use.place != NOWHERE]
        if not places:
            return ()
        place = min(places, key=lambda one: life.scope.module.places[one])
        return (self._context.note(life.scope, place, f"this commit expires `{held.name}`"),)

    # --- objects that other functions give ---

    def _of_others(self, scope: Scope) -> Iterator[DetachedUse]:
        """What is done with the objects that a function of the project gives when their session is closed."""
        if not self._context.contents.calls_any(_FUNCTIONS, scope):
            return
        if not any(self._given_by(call, scope) for call in calls_of(scope)):
            return
        graph = self._context.effects.graph(scope)
        is_route = self._context.framework.is_route(scope)
        for at, node in enumerate(graph.nodes):
            match node.step:
                case Bind((Name(name),), value, _) if (note := self._gives(value, scope)) is not None:
                    yield from self._uses_of(name, at, graph, scope, note)
                case Leave(value, place) if is_route and value is not None:
                    if (note := self._gives(value, scope)) is not None:
                        yield DetachedUse(place, "", (note,))

    def _uses_of(self, name: str, bound: int, graph: Graph, scope: Scope, note: Note) -> Iterator[DetachedUse]:
        touched = touching(graph, name) - {bound}
        for at, node in enumerate(graph.nodes):
            if _is_reached(graph, at, touched, (bound,)) or at not in following(graph, (bound,)):
                continue
            if what := self._read(node.step, name, scope):
                yield DetachedUse(_place(node.step), what, (note,))
            elif self._context.framework.is_route(scope) and returns_name(node.step, name):
                yield DetachedUse(_place(node.step), "", (note,))

    def _gives(self, value: Expression, scope: Scope) -> Note | None:
        """Where the function that an expression calls expires the object which it returns."""
        call = value.value if isinstance(value, Await) else value
        function = self._context.value(call.function, scope) if isinstance(call, Call) else None
        if not isinstance(call, Call) or not isinstance(function, FunctionValue):
            return None
        return self._given_by(call, scope) if function.function.is_async == isinstance(value, Await) else None

    def _given_by(self, call: Call, scope: Scope) -> Note | None:
        function = self._context.value(call.function, scope)
        if not isinstance(function, FunctionValue) or function.function.is_generator or function.function.decorators:
            return None
        inner = function.scope
        if id(inner) not in self._given:
            self._given[id(inner)] = None  # for those who come back here
            self._given[id(inner)] = self._returned(inner)
        return self._given[id(inner)]

    def _returned(self, scope: Scope) -> Note | None:
        """The commit that expires what a function returns, where it returns nothing else."""
        if next(made_sessions(self._context, scope), None) is None:
            return None
        graph = self._context.effects.graph(scope)
        leaves = {at for at, node in enumerate(graph.nodes) if isinstance(node.step, Leave) and _gives_value(node.step)}
        notes: dict[int, Note] = {}
        for life, held in self._objects(scope):
            for at in leaves:
                states = [point.state for point in life.links if point.node == at]
                step = graph.nodes[at].step
                is_it = isinstance(step, Leave) and step.value is not None and is_name(step.value, held.name)
                is_closed = is_it and bool(states) and self._are_closed_after(states)
                if is_closed and self._is_expired(held, at, graph, states, life):
                    notes.update((at, one) for one in self._trail(life, held))
        return next(iter(notes.values())) if leaves and notes.keys() == leaves else None

    # --- reading ---

    def _read(self, step: Step, name: str, scope: Scope) -> str:
        """What a step reads of an object, in words; empty where it reads nothing."""
        for expression in expressions_in(step):
            for part in read_in_place(expression):
                match part:
                    case Attribute(Name(owner), attribute) if owner == name:
                        if not attribute.startswith("_") and not self._is_method(name, attribute, scope):
                            return f"{name}.{attribute}"
                    case Call(Attribute(_, method), (given, *_)) if method in vocabulary.VALIDATING_METHODS:
                        if is_name(given.value, name):
                            return name
        return ""

    def _is_method(self, name: str, attribute: str, scope: Scope) -> bool:
        """Whether an attribute is known to be something that the class itself has."""
        value = self._context.value(Name(name), scope)
        return isinstance(value, ObjectValue) and self._has_method(value.of, attribute, 0)

    def _has_method(self, of: ClassValue, attribute: str, depth: int) -> bool:
        found = of.definition.bindings.get(attribute, ())
        if found:
            return any(isinstance(one, Function | Skipped) for one in found)
        bases = self._context.roles.bases(of) if depth < _BASES else ()
        return any(self._has_method(one, attribute, depth + 1) for one in bases)


def _is_reached(graph: Graph, at: int, starts: Iterable[int], barriers: Iterable[int]) -> bool:
    """Whether a way without an error leads to a node, from the beginning or from some others, past no barrier."""
    closed = frozenset(barriers)
    begins = () if graph.entry in closed else (graph.entry,)
    return at in begins or at in following(graph, (*begins, *(one for one in starts if one != at)), closed)


def _are_closed(states: Iterable[State]) -> bool:
    return all(state.status is Status.CLOSED for state in states)


def _gives_value(step: Leave) -> bool:
    return step.value is not None


def _place(step: Step) -> int:
    place = getattr(step, "place", NOWHERE)
    return place if isinstance(place, int) else NOWHERE


_FUNCTIONS: Wanted = frozenset({FunctionValue})
