"""What of a transaction is done before a try statement, so that a rollback in its handler takes that back too."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Health, Left, Status
from fastapi_session_lint.flow.steps import Bind, Catch, Evaluate, Exit, Node, Step
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Attribute, Expression, Name, Opaque
from fastapi_session_lint.model.syntax import Handler, Try
from fastapi_session_lint.questions.loaded_objects import LoadedObjects
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_ENDS = frozenset({Action.COMMIT, Action.ROLLBACK, Action.CLOSE})
_ENDED = frozenset({Status.SETTLED, Status.CLOSED})


class Pending(enum.Enum):
    """Work that has not been committed: none, some that the database does not know of yet, some that it does."""

    NONE = enum.auto()
    UNSENT = enum.auto()
    SENT = enum.auto()
    BOTH = enum.auto()


class _Way(NamedTuple):
    """A step to a node, from the last one before it that stands somewhere; whether the database knows of the work."""

    before: int
    at: int
    is_sent: bool


class PendingWork:
    """The nodes of a function at which a session does work, and those at which a commit or rollback ends it.

    A change of an object that may have been loaded is work too, since the next flush writes it.
    """

    def __init__(self, context: Context, life: Life, objects: LoadedObjects) -> None:
        self._context = context
        self._scope = life.scope
        self._objects = objects
        self._nodes = life.graph.nodes
        self._done = {at for at, node in enumerate(self._nodes) if _changes(node.step, objects)}
        self._half_done: set[int] = set()
        self._ended: set[int] = set()
        self._lost: set[int] = set()
        self._sending: set[int] = set()
        for moment in life.moments:
            self._take_in(moment.point.node, moment.use)
        self._take_in_exits(life)
        self._ended -= self._done

    def _take_in(self, at: int, use: Use) -> None:
        match use.kind:
            case UseKind.ACT if use.action in _ENDS:
                self._ended.add(at)
                self._lost.add(at)
            case UseKind.ACT if use.action is Action.WRITE:
                self._done.add(at)
            case UseKind.ACT if use.action is Action.FLUSH:
                self._sending.add(at)
            case UseKind.ACT if self.writes(use):
                self._done.add(at)
                self._sending.add(at)
            case UseKind.PASS if use.effect is not None:
                self._sending.add(at)
                after = {one.status for one in use.effect.after}
                writes = not use.effect.commits and self._context.writing.is_write(use, self._scope)
                if Status.DIRTY in after or writes:
                    self._done.add(at)
                elif after and after <= _ENDED:
                    self._ended.add(at)
                if any(_leaves_work(one) for one in use.effect.failures):
                    self._half_done.add(at)

    def writes(self, use: Use) -> bool:
        """Whether a statement may write: of one that is not known, nobody can say that nothing is lost with it."""
        writing = self._context.writing
        return writing.is_write(use, self._scope) or writing.may_write(use, self._scope)

    def _take_in_exits(self, life: Life) -> None:
        """The ends of blocks that commit, roll back or close, as that of `with db.begin():`."""
        left: dict[int, set[Status]] = defaultdict(set)
        for point, link in life.links.items():
            if link.point is not None and isinstance(self._nodes[link.point.node].step, Exit):
                left[link.point.node].add(point.state.status)
        ending = {at for at, found in left.items() if found <= _ENDED}
        self._ended |= ending
        self._lost |= ending

    def reaches(self, nodes: Collection[int]) -> bool:
        """Whether work may still be there when one of some nodes is run."""
        return any(way.at in nodes for way in self._ways(set()))

    def before(self, statement: Try, handler: Handler) -> Pending:
        """What may still be there when a try statement begins: from before it, or from an earlier round of it.

        Not what a round has left that came to this very handler, which would have rolled that back.
        """
        inside = self._inside(statement)
        blocked = {at for at, node in enumerate(self._nodes) if begins(node.step, handler)}
        entered = {way.is_sent for way in self._ways(blocked) if way.at in inside and way.before not in inside}
        if len(entered) > 1:
            return Pending.BOTH
        return Pending.SENT if True in entered else Pending.UNSENT if entered else Pending.NONE

    def changes_in(self, statement: Try) -> bool:
        """Whether an attribute of what may be a loaded object is set between a try and its handlers."""
        return any(_changes(self._nodes[at].step, self._objects) for at in self._inside(statement))

    def _inside(self, statement: Try) -> set[int]:
        places = self._scope.module.places
        start, end = places[statement.place], places[statement.handlers[0].place]
        placed = ((at, _place(node)) for at, node in enumerate(self._nodes))
        return {at for at, place in placed if place is not None and start < places[place] < end}

    def _ways(self, blocked: set[int]) -> Iterator[_Way]:
        """The steps that work is carried along."""
        stack = [_Way(at, after, at in self._sending) for at in self._done for after in self._nodes[at].next]
        stack += [_Way(at, self._nodes[at].error, True) for at in self._half_done]
        seen = set[_Way]()
        while stack:
            way = stack.pop()
            if way in seen or way.at in blocked:
                continue
            seen.add(way)
            yield way
            here = way.before if _place(self._nodes[way.at]) is None else way.at
            is_sent = way.is_sent or way.at in self._sending
            stack += [_Way(here, after, is_sent) for after in self._onward(way.at)]

    def _onward(self, at: int) -> Iterator[int]:
        """Where work goes on from a node: a commit that fails has lost it, a function may raise before it commits."""
        if at not in self._ended:
            yield from self._nodes[at].next
        if at not in self._lost:
            yield self._nodes[at].error


def _leaves_work(left: Left) -> bool:
    """Whether a function that raises leaves something undone; a commit or flush that fails has lost it."""
    return left.status is Status.DIRTY and left.health is not Health.FAILED


def begins(step: Step, handler: Handler) -> bool:
    """Whether a step is the head of a handler."""
    return isinstance(step, Catch) and step.handler is handler


def _place(node: Node) -> int | None:
    place: int = getattr(node.step, "place", NOWHERE)
    return None if place == NOWHERE else place


def _changes(step: Step, objects: LoadedObjects) -> bool:
    """Whether an attribute of what may be a loaded object is set, or counted up."""
    match step:
        case Bind(targets, _, _):
            return any(_is_of_one(one, objects) for one in targets)
        case Evaluate(Opaque((target, _)), _):
            return _is_of_one(target, objects)
    return False


def _is_of_one(target: Expression, objects: LoadedObjects) -> bool:
    return isinstance(target, Attribute) and isinstance(target.value, Name) and objects.may_be_changed(target.value.id)
