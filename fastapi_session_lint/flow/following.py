"""Following a session through a function: once, or twice where it turns out that the function has only lent it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint.flow.lives import Life, Point
from fastapi_session_lint.flow.states import State
from fastapi_session_lint.flow.steps import Graph
from fastapi_session_lint.flow.walk import Walk
from fastapi_session_lint.model.expressions import Expression
from fastapi_session_lint.project.values import Scope

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects


def follow(effects: Effects, scope: Scope, graph: Graph, origin: Expression | None, start: State) -> Life:
    """Follow a session through a function from its beginning: one that `origin` makes, or one that comes in.

    Whoever always closes what it has made, when all goes well, has only lent it to those whom it was given to.
    """
    life = _followed(effects, Life(scope, graph, origin, start))
    if origin is None or not life.closes_what_is_gone:
        return life
    lent = _followed(effects, Life(scope, graph, origin, start), lends=True)
    return lent if lent.complete and lent.is_closed_when_all_goes_well else life


def _followed(effects: Effects, life: Life, lends: bool = False) -> Life:
    walk = Walk(effects, life, lends=lends)
    walk.run([Point(life.graph.entry, life.start)])
    return walk.life
