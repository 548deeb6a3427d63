"""Errors that come in at a dependency's yield, and end there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.flow.errors import reaches, takes_exceptions
from fastapi_session_lint.flow.lives import Life, Point
from fastapi_session_lint.flow.steps import Leave
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.questions.catching import catchers, passed_on
from fastapi_session_lint.vocabulary import HTTP_ERROR

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Swallowed(NamedTuple):
    """An endpoint's error ends at `place`, `is_handler` or not, although it came in at the yield at `yielded`.

    `takes_http` where an HTTPException surely is among those errors.
    """

    place: int
    is_handler: bool
    yielded: int
    takes_http: bool


def swallowed_errors(context: Context, scope: Scope) -> Iterator[Swallowed]:
    """Where an endpoint's error ends although it came in at a yield."""
    life = context.life_of_names(scope, frozenset())
    if not life.complete:
        return
    seen = set()
    points = [point for failed, point in life.ends if not failed]
    points += [moment.point for moment in life.moments if moment.use.kind is UseKind.YIELD]
    for point in points:
        if point.state.cause == NOWHERE:
            continue
        found = _swallowed(context, life, point)
        if found is not None and found not in seen:
            seen.add(found)
            yield found


def _swallowed(context: Context, life: Life, point: Point) -> Swallowed | None:
    way = life.way(point)
    start = next(
        (index for index, link in enumerate(way) if link.raised is not None and link.raised.kind is UseKind.YIELD), None
    )
    if start is None:
        return None
    place = way[start].raised
    assert place is not None
    after = [link.point for link in way[start + 1 :] if link.point is not None] + [point]
    if any(link.raised is not None for link in way[start + 1 :]):
        return None
    caught = next(catchers(life, after), None)
    if caught is None:
        return Swallowed(_left_at(life, after, place.place), False, place.place, True)
    if not takes_exceptions(caught.types, life.scope, context.roles):
        return None
    takes_http = reaches(caught.types, HTTP_ERROR, life.scope, context.roles, passed_on(context, life, after))
    at = caught.place if caught.manager is None else _left_at(life, after, place.place)
    return Swallowed(at, caught.manager is None, place.place, takes_http)


def _left_at(life: Life, after: list[Point], yielded: int) -> int:
    """Where a path leaves the function by a statement of its own, which is how a `finally` ends an error."""
    steps = (life.graph.nodes[one.node].step for one in after)
    return next((step.place for step in steps if isinstance(step, Leave)), yielded)
