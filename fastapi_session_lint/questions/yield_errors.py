"""Errors that come in at a dependency's yield, and end there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.flow.errors import takes_exceptions
from fastapi_session_lint.flow.lives import Life, Point
from fastapi_session_lint.flow.steps import Leave
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.questions.catching import catchers

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def swallowed_errors(context: Context, scope: Scope) -> Iterator[tuple[int, bool, int]]:
    """Where an endpoint's error ends although it came in at a yield: (place, whether a handler, the yield's place)."""
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


def _swallowed(context: Context, life: Life, point: Point) -> tuple[int, bool, int] | None:
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
    if caught is not None and not takes_exceptions(caught.types, life.scope, context.roles):
        return None
    if caught is not None and caught.manager is None:
        return caught.place, True, place.place
    for one in after:
        step = life.graph.nodes[one.node].step
        if isinstance(step, Leave):
            return step.place, False, place.place
    return place.place, False, place.place
