"""What the project's own context managers do to a session when they are entered and left."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi_session_lint.flow.following import follow
from fastapi_session_lint.flow.lives import Life, Point
from fastapi_session_lint.flow.states import Error, GeneratorManager, Health, Manager, ObjectManager, State, Status
from fastapi_session_lint.flow.steps import Leave
from fastapi_session_lint.flow.summary import Effect, in_order, left_in, summary
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.flow.walk import Walk
from fastapi_session_lint.model.expressions import Constant
from fastapi_session_lint.model.syntax import Return

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects

_HANDED = 3
"""How many parameters tell `__exit__` of the error."""


def entry(effects: Effects, manager: GeneratorManager) -> Effect | None:
    """What the code before the yield does."""
    life = _to_yields(effects, manager)
    effect = summary(life, False)
    if effect is None:
        return None
    yields = [moment for moment in life.moments if moment.use.kind is UseKind.YIELD]
    after = {left_in(life.start, moment.before, False) for moment in yields}
    returns = any(moment.use.name == "session" for moment in yields)
    return replace(effect, after=in_order(after), returns=returns, source=None)


def _to_yields(effects: Effects, manager: GeneratorManager) -> Life:
    """The session up to the first yield of each path: the moments of kind YIELD are how far it comes."""
    scope = manager.function.scope
    graph, start = effects.graph(scope), State(Status.IDLE, manager.names)
    walk = Walk(effects, Life(scope, graph, None, start), stops=True)
    walk.run([Point(graph.entry, start)])
    return walk.life


def _from_yields(effects: Effects, entered: Life, start: State) -> Life:
    """The session on from the yields that it came to, in the state of `start`, with the error that it has."""
    walk = Walk(effects, Life(entered.scope, entered.graph, None, start))
    points = []
    for moment in entered.moments:
        if moment.use.kind is UseKind.YIELD:
            node, before = entered.graph.nodes[moment.point.node], moment.before
            state = start._replace(names=before.names, entered=before.entered, facts=before.facts)
            points.append(Point(node.next[0] if start.error is None else node.error, state))
    walk.run(points)
    return walk.life


def way_out(effects: Effects, manager: Manager, health: Health, error: Error | None) -> Effect | None:
    """What the code after the yield does, or `__exit__`, with an error in flight or without; `after` means: it ends."""
    if isinstance(manager, GeneratorManager):
        entered = _to_yields(effects, manager)
        start = State(Status.IDLE, manager.names, error=error, health=health)
        found = summary(_from_yields(effects, entered, start), False) if entered.complete else None
        return None if found is None else replace(found, source=None)
    scope = manager.exit.scope
    life = follow(effects, scope, effects.graph(scope), None, _told(manager, health, error))
    found = summary(life, False)
    if found is None:
        return None
    if error is not None:
        found = _with_error(found, life, error)
    return replace(found, source=None)


def _told(manager: ObjectManager, health: Health, error: Error | None) -> State:
    """The state in which `__exit__` begins: its parameters are None where there is no error."""
    receiver, *others = (one.name for one in manager.exit.function.parameters if one.kind == "positional")
    facts = frozenset((name, "none" if error is None else "some") for name in others[:_HANDED])
    names = frozenset(f"{receiver}.{path}" for path in manager.paths)
    return State(Status.IDLE, names, error=error, health=health, facts=facts)


def _with_error(found: Effect, life: Life, error: Error) -> Effect:
    """An `__exit__` that returns lets the error go on, unless it returns something true."""
    steps = [node.step for node in life.graph.nodes]
    given = [isinstance(one.value, Constant) and bool(one.value.value) for one in steps if isinstance(one, Leave)]
    body = life.scope.owner.body if life.scope.owner is not None else ()
    is_ended = bool(given) and all(given) and bool(body) and isinstance(body[-1], Return)
    passed = () if is_ended else tuple(one._replace(error=error) for one in found.after)
    return replace(found, after=found.after if any(given) else (), failures=in_order({*found.failures, *passed}))
