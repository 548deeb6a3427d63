"""How a path goes on where a with block is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint.flow.changes import busy, closed, given_away, passed, settled, sound
from fastapi_session_lint.flow.lives import Way
from fastapi_session_lint.flow.states import ANY_ERROR, GeneratorManager, Health, Leaving, ObjectManager, State, Status
from fastapi_session_lint.flow.steps import Exit, Node
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.flow.uses import Use, UseKind

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects


def ways_out(
    effects: Effects, node: Node, step: Exit, what: Leaving | None, state: State, place: int
) -> tuple[Use | None, list[Way]]:
    """The ways out of a block, entered at a place, and what a manager of the project does to the session then."""
    if not isinstance(what, GeneratorManager | ObjectManager):
        return None, _ways(node, step, what, state)
    error = (state.error or ANY_ERROR) if step.failing else None
    effect = effects.leaving(what, state.health, error)
    if effect is None:
        return None, [Way(node.next[0], given_away(state))]
    use = Use(UseKind.PASS, place, effect=effect, name="__exit__")
    return use, _manager_ways(node, step, use, effect, state)


def _ways(node: Node, step: Exit, what: Leaving | None, state: State) -> list[Way]:
    """The ways out of a block whose manager is none of the project's."""
    after = _left(state, what)
    ways = [Way(node.next[0], after)]
    return [Way(node.next[1], after._replace(error=None)), *ways] if step.failing and what == "suppress" else ways


def _left(state: State, what: Leaving | None) -> State:
    """The state after a block whose manager is none of the project's."""
    if what == "close":
        return closed(state)
    if what == "finish" and state.status is not Status.CLOSED:
        return settled(state)
    if what == "unknown":
        return given_away(state)
    # Even where the error was swallowed within the block: a failed flush has undone the savepoint, so that the block
    # only closes it; after a statement that PostgreSQL has refused, the release raises, and nothing goes on.
    return sound(busy(state)) if what == "savepoint" and state.health is not Health.SOUND else state


def _manager_ways(node: Node, step: Exit, use: Use, effect: Effect, state: State) -> list[Way]:
    """The ways out of the block of a manager of the project: an error goes on, or another, or it ends here."""
    ways = []
    for one in effect.failures:
        after = passed(state, one, use.place, is_returned=False)._replace(error=one.error)
        is_same = step.failing and one.error == (state.error or ANY_ERROR)
        ways.append(Way(node.error, after, None if is_same else use))
    for one in effect.after:
        after = passed(state, one, use.place, is_returned=True)
        ways.append(Way(node.next[-1], after._replace(error=None) if step.failing else after))
    return ways
