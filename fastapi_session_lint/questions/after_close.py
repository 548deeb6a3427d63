"""Sessions that are used after their end: what is done with them then, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.entering import meant
from fastapi_session_lint.flow.lives import Life, Moment, Point
from fastapi_session_lint.flow.states import GeneratorManager, ObjectManager, State, Status
from fastapi_session_lint.flow.steps import Enter, Exit
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.questions.followed import lives
from fastapi_session_lint.questions.graph_places import nodes_by_expression
from fastapi_session_lint.questions.order import following
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_READS = frozenset({Action.READ, Action.EXECUTE})
_STORES = frozenset({Action.COMMIT, Action.FLUSH})
_HARMLESS_BLOCKS = ("savepoint", "suppress")


Outcome = Literal["lost before", "raised", "lost", "stored", "left open"]
"""What becomes of the use of a closed session: a commit that comes too late for what was written before the close, an
error since it has no objects any more, a write that nobody commits, a write that is committed later in a transaction of
its own, a transaction that nobody ends."""
_WHOEVER_CLOSES: tuple[Outcome, ...] = ("lost before", "raised")
"""What is wrong however the session goes on."""


class LateUse(NamedTuple):
    """A use of a session, by `text` at `place`, after it was closed at `closed`, at the end of a with or by a call."""

    scope: Scope
    name: str
    place: int
    text: str
    outcome: Outcome
    closed: int
    is_block: bool


class Closing(NamedTuple):
    """The node of a graph at which a session is closed, its place, and in which states it was just before.

    `commits`: what closes it there commits it first, a context manager or another function of the project.
    """

    node: int
    place: int
    is_block: bool
    before: frozenset[Status]
    commits: bool


class AfterClose:
    """The questions about closed sessions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found: dict[int, tuple[LateUse, ...]] = {}

    def of(self, scope: Scope) -> tuple[LateUse, ...]:
        """The uses of closed sessions in a function, each place once."""
        if id(scope) not in self._found:
            found: dict[int, LateUse] = {}
            for one in self._find(scope):
                found.setdefault(one.place, one)
            self._found[id(scope)] = tuple(found.values())
        return self._found[id(scope)]

    def has_opened_again(self, life: Life, point: Point) -> bool:
        """Whether a session that is open at a point was closed on the way there, and used again after that."""
        places = {one.place for one in self.of(life.scope)}
        late = {one.point.node for one in life.moments if one.use.place in places}
        return any(link.point is not None and link.point.node in late for link in life.way(point))

    def _find(self, scope: Scope) -> Iterator[LateUse]:
        own = self._context.own_sessions.of(scope)
        for one in own:
            if one.life.complete:
                yield from self._of_life(one.name or "the session", one.life, True, one.is_committed)
        known = {id(one.life) for one in own}
        committed = {one.name for one in own if one.is_committed}
        for name, _, life in lives(self._context, scope):
            if life.complete and id(life) not in known:
                yield from self._of_life(name, life, False, name in committed)

    def _of_life(self, name: str, life: Life, is_own: bool, is_committed: bool) -> Iterator[LateUse]:
        """The uses of one session that come right after a close; `is_committed` where its block commits it."""
        late = [one for one in life.moments if one.before.status is Status.CLOSED and _is_free(one.before)]
        late.sort(key=lambda one: life.scope.module.places[one.use.place])
        may_send = is_own and life.is_closed_somewhere and bool(self._context.queries.sent(life.scope))
        if not late and not may_send:
            return
        way = _Ways(self._context, life, is_committed)
        lost = set[int]()
        found = False
        for moment in late:
            closing = way.closing(moment.point)
            outcome = self._outcome(life, moment, closing, way, is_own) if closing is not None else None
            if (
                closing is not None
                and outcome is not None
                and not (outcome in _WHOEVER_CLOSES and closing.node in lost)
            ):
                found = True
                lost.add(closing.node)
                yield LateUse(
                    life.scope,
                    name,
                    moment.use.place,
                    _text(name, moment.use),
                    outcome,
                    closing.place,
                    closing.is_block,
                )
        if may_send and not found:
            yield from self._sent_late(life, way)

    def _outcome(self, life: Life, moment: Moment, closing: Closing, way: _Ways, is_own: bool) -> Outcome | None:
        """What becomes of a use; None where that is no harm, or not known."""
        use = moment.use
        if use.kind is UseKind.ACT and use.action in _STORES:
            return "lost before" if self._has_written(life, closing, way) else None
        if use.kind is UseKind.ACT and use.name in vocabulary.PERSISTENT_OBJECT_METHODS:
            return "raised"
        if not is_own or use.place == NOWHERE or way.goes_on_to_an_end(moment.point.node):
            return None
        if self._writes(use, life.scope):
            return "stored" if way.is_committed(moment.point.node) else "lost"
        if self._reads(use, life.scope) and not way.is_committed(moment.point.node):
            return "left open"
        return None

    def _has_written(self, life: Life, closing: Closing, way: _Ways) -> bool:
        """Whether there was something to commit when the session was closed."""
        if closing.commits:
            return False
        if Status.DIRTY in closing.before:
            return True
        if Status.BUSY not in closing.before:
            return False
        return any(
            way.leads(one.point.node, closing.node) and self._may_write(one.use, life.scope) for one in life.moments
        )

    def _may_write(self, use: Use, scope: Scope) -> bool:
        """Whether a use writes, or hands the session to somebody who may."""
        if use.kind in (UseKind.ACT, UseKind.PASS):
            return self._context.writing.is_write(use, scope)
        return use.kind is UseKind.YIELD and use.name == "session"

    def _writes(self, use: Use, scope: Scope) -> bool:
        if use.kind is UseKind.PASS:
            return self._is_plain_call(use, scope) and use.effect is not None and use.effect.writes
        is_added = use.kind is UseKind.ACT and use.action is Action.WRITE
        return is_added or self._context.writing.is_write(use, scope)

    def _reads(self, use: Use, scope: Scope) -> bool:
        if use.kind is UseKind.PASS:
            return self._is_plain_call(use, scope) and use.effect is not None and use.effect.io is not None
        return use.kind is UseKind.ACT and use.action in _READS and use.name in vocabulary.SESSION_METHODS

    def _is_plain_call(self, use: Use, scope: Scope) -> bool:
        """Whether a function of the project works with the session, there and then, and does not close or keep it."""
        if use.effect is None or use.effect.source is None or use.effect.lets_go:
            return False
        call = next((one for one in calls_of(scope) if one.place == use.place), None)
        return call is not None and not self._context.queries.is_never_run(call, scope)

    def _sent_late(self, life: Life, way: _Ways) -> Iterator[LateUse]:
        """The first query that was built while the session was open, and is sent when it is closed."""
        nodes: dict[int, list[int]] | None = None
        for sent in self._context.queries.sent(life.scope):
            if sent.name is None:
                continue
            nodes = nodes_by_expression(life.graph) if nodes is None else nodes
            at = set(nodes.get(id(sent.call if sent.call is not None else sent.query), ()))
            for point in life.links:
                state = point.state
                if point.node not in at or state.status is not Status.CLOSED or not _is_free(state):
                    continue
                closing = way.closing(point) if sent.name in state.names else None
                if closing is not None and not way.goes_on_to_an_end(point.node):
                    yield LateUse(
                        life.scope, sent.name, sent.place, sent.text, "left open", closing.place, closing.is_block
                    )
                    return


def _text(name: str, use: Use) -> str:
    return f"{name}.{use.name}()" if use.kind is UseKind.ACT else f"{use.name}()"


def _is_free(state: State) -> bool:
    """Whether a session is in no block whose end will end what is begun in it."""
    return all(what in _HARMLESS_BLOCKS for _, what in state.entered)


class _Ways:
    """What comes before and after the nodes of one life."""

    def __init__(self, context: Context, life: Life, is_committed: bool) -> None:
        self._context = context
        self._life = life
        self._is_committed = is_committed
        self._creating = {one.point.node for one in life.moments if one.use.kind is UseKind.CREATE}
        self._ending = {one.point.node for one in life.moments if _ends(one.use)} | _closing_exits(life)
        self._committing = {one.point.node for one in life.moments if _commits(one.use)}
        self._is_kept = any(True for _ in life.uses(UseKind.STORE)) or any(
            use.name in vocabulary.EXIT_STACK_ENTERS | vocabulary.CLOSE_METHODS for use in life.uses(UseKind.KEEP)
        )

    def goes_on_to_an_end(self, node: int) -> bool:
        """Whether the session may be closed again, or handed to another owner, after a node."""
        return self._is_kept or bool(self._after(node) & self._ending)

    def is_committed(self, node: int) -> bool:
        """Whether a commit or rollback may follow."""
        return bool(self._after(node) & self._committing)

    def leads(self, node: int, later: int) -> bool:
        """Whether a later node can be reached from a node."""
        return node == later or later in self._after(node)

    def _after(self, node: int) -> frozenset[int]:
        return following(self._life.graph, (node,), self._creating)

    def closing(self, point: Point) -> Closing | None:
        """Where the session was closed on the way to a point; None where that is not known to be its end."""
        points = [link.point for link in self._life.way(point) if link.point is not None] + [point]
        for before, after in zip(reversed(points[:-1]), reversed(points[1:]), strict=True):
            if before.state.status is not Status.CLOSED and after.state.status is Status.CLOSED:
                return self._closing_at(before.node)
        return None

    def _closing_at(self, node: int) -> Closing | None:
        step = self._life.graph.nodes[node].step
        if isinstance(step, Exit):
            block = step.block
            entries = [one.step for one in self._life.graph.nodes if isinstance(one.step, Enter)]
            places = (one.place for one in entries if one.block == block)
            states = [one.state for one in self._life.links if one.node == node]
            before = frozenset(one.status for one in states)
            commits = self._is_committed or any(self._commits(one, block) for one in states)
            return Closing(node, next(places, NOWHERE), True, before, commits)
        here = [one for one in self._life.moments if one.point.node == node and _closes_surely(one.use)]
        if not here:
            return None
        return Closing(
            node,
            here[0].use.place,
            False,
            frozenset(one.before.status for one in here),
            any(_commits(one.use) and one.use.action is not Action.ROLLBACK for one in here),
        )

    def _commits(self, state: State, block: int) -> bool:
        """Whether the project's own manager of a block commits when it is left without an error."""
        manager = meant(state, block)
        if not isinstance(manager, GeneratorManager | ObjectManager):
            return False
        effect = self._context.effects.leaving(manager, state.health, None)
        return effect is not None and effect.commits


def _closes_surely(use: Use) -> bool:
    if use.kind is UseKind.PASS and use.effect is not None:
        return use.effect.source is not None and all(one.status is Status.CLOSED for one in use.effect.after)
    return use.kind is UseKind.ACT and use.action is Action.CLOSE


def _ends(use: Use) -> bool:
    """Whether a use closes the session or hands it on, as far as is known."""
    match use.kind:
        case UseKind.ACT:
            return use.action is Action.CLOSE
        case UseKind.PASS:
            return use.effect is None or use.effect.source is None or use.effect.lets_go
        case UseKind.YIELD:
            return use.name == "session"
    return use.kind in (UseKind.KEEP, UseKind.STORE, UseKind.RETURN)


def _commits(use: Use) -> bool:
    if use.kind is UseKind.PASS:
        return use.effect is not None and use.effect.commits
    return use.kind is UseKind.ACT and use.action in (Action.COMMIT, Action.ROLLBACK)


def _closing_exits(life: Life) -> set[int]:
    """The nodes at which a block is left whose end ends the session, or may do so."""
    found = set()
    for point in life.links:
        step = life.graph.nodes[point.node].step
        if isinstance(step, Exit) and any(
            block == step.block and what not in _HARMLESS_BLOCKS for block, what in point.state.entered
        ):
            found.add(point.node)
    return found
