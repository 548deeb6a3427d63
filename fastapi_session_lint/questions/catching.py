"""What catches an error on a path: the handler or `suppress` that it meets, and whether that is known to take it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.flow.errors import Verdict, classes, verdict
from fastapi_session_lint.flow.lives import Life, Link, Point
from fastapi_session_lint.flow.states import DATABASE_ERROR, Error, Health, State
from fastapi_session_lint.flow.steps import Catch, Dispatch, Enter, Exit
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Call, Collection, Expression
from fastapi_session_lint.project.values import LibraryObject
from fastapi_session_lint.vocabulary import SUPPRESS

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_CALLS = 6
"""How many calls deep a failure is looked for."""


class Catcher(NamedTuple):
    """What catches an error: an except clause, or a `manager` such as `suppress(…)`, for which types, which error."""

    place: int
    types: Expression | None
    error: Error | None
    manager: Call | None = None


class Flight(NamedTuple):
    """An error on its way, and the classes of the handlers that it has passed, of which it is none."""

    error: Error
    passed: frozenset[Error]


class Failing(NamedTuple):
    """An operation that failed, the state before it, and the points of the path from there on."""

    operation: Use
    before: State
    points: list[Point]


def failing(life: Life, point: Point) -> Failing | None:
    """The operation that a failed session owes its state to, where nothing else raises between there and a point.

    What a handler does before its rollback may fail as well; that is an error of its own, and nobody guards against it.
    """
    cause = point.state.cause
    if cause == NOWHERE or point.state.is_returned:
        return None
    way = life.way(point)
    start = next((at for at, link in enumerate(way) if link.raised is not None and link.raised.place == cause), None)
    if start is None:
        return None
    operation, before, after = way[start].raised, way[start].point, way[start + 1 :]
    if operation is None or before is None or any(_is_other_error(link) for link in after):
        return None
    return Failing(operation, before.state, [link.point for link in after if link.point is not None] + [point])


def _is_other_error(link: Link) -> bool:
    return link.raised is not None and link.raised.name != "raise"


def catchers(life: Life, points: list[Point]) -> Iterator[Catcher]:
    """What catches on a path, in order: after the first one only what takes an error that was raised in another."""
    for here, after in itertools.pairwise([*points, *points[-1:]]):
        node = life.graph.nodes[here.node]
        match node.step:
            case Catch(handler):
                yield Catcher(handler.place, handler.types, here.state.error)
            case Exit(block, True) if after.node in node.next[1:]:
                yield from _suppressing(life, block, here.state.error)


def _suppressing(life: Life, block: int, error: Error | None) -> Iterator[Catcher]:
    for node in life.graph.nodes:
        if isinstance(node.step, Enter) and node.step.block == block and isinstance(node.step.item.context, Call):
            call = node.step.item.context
            types = tuple(one.value for one in call.arguments if one.name is None)
            yield Catcher(node.step.place, Collection("tuple", types), error, call)


def catches(context: Context, life: Life, found: Failing) -> Catcher | None:
    """What catches the error of an operation; None where that is a guess: its types or the error are not known."""
    met = list(catchers(life, found.points))
    if not met:
        return None
    first, *later = met
    if first.manager is not None and not _suppresses(context, life, first.manager):
        return None
    passed = passed_on(context, life, found.points)
    flights = context.flights.of(found.operation)
    if not any(_takes(context, life, first, one.error, one.passed | passed) for one in flights):
        return None
    if not all(one.error is None or _takes(context, life, one, one.error, frozenset()) for one in later):
        return None
    return first


def _suppresses(context: Context, life: Life, manager: Call) -> bool:
    """Whether an error may come or not: where a test expects it with `raises(…)`, it is known what follows."""
    value = context.value(manager, life.scope)
    return isinstance(value, LibraryObject) and value.name in SUPPRESS


def _takes(context: Context, life: Life, one: Catcher, error: Error, passed: frozenset[Error]) -> bool:
    return verdict(one.types, error, life.scope, context.roles, passed) in (Verdict.ALWAYS, Verdict.MAYBE)


def passed_on(context: Context, life: Life, points: list[Point]) -> frozenset[Error]:
    """The classes of the handlers that an error comes past before one takes it."""
    found: frozenset[Error] = frozenset()
    for here, after in itertools.pairwise(points):
        node = life.graph.nodes[here.node]
        if isinstance(node.step, Dispatch):
            taken = node.next.index(after.node) if after.node in node.next else len(node.next)
            for handler in node.step.handlers[:taken]:
                found |= classes(handler.types, life.scope, context.roles)
            if taken < len(node.next):
                break
    return found


class Flights:
    """The question "which errors come out of what failed", remembered: functions that call each other share callees."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[tuple[int, int], tuple[Life, frozenset[Flight]]] = {}

    def of(self, operation: Use, depth: int = 0) -> frozenset[Flight]:
        """The errors by which an operation leaves the session failed, as they come out of it."""
        effect = operation.effect
        if operation.kind is not UseKind.PASS or effect is None or effect.source is None or depth > _CALLS:
            return frozenset({Flight(DATABASE_ERROR, frozenset())})
        life = self._context.life_of_names(*effect.source)
        key = id(life), depth
        if key not in self._known:
            self._known[key] = life, frozenset(self._of_life(life, depth))
        return self._known[key][1]

    def _of_life(self, life: Life, depth: int) -> Iterator[Flight]:
        """Those that leave a function."""
        for failed, point in life.ends:
            inner = failing(life, point) if failed and point.state.health is not Health.SOUND else None
            if inner is None or point.state.error is None:
                continue
            if point.state.error != DATABASE_ERROR:
                yield Flight(point.state.error, frozenset())
                continue
            passed = passed_on(self._context, life, inner.points)
            for one in self.of(inner.operation, depth + 1):
                yield Flight(one.error, one.passed | passed)
