"""How a path goes on where a with block is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.flow.changes import busy, closed, given_away, passed, settled, sound
from fastapi_session_lint.flow.states import ANY_ERROR, Health, Leaving, Manager, State, Status
from fastapi_session_lint.flow.steps import Exit, Node
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.flow.uses import Use

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects


class Way(NamedTuple):
    """Where a path goes on, in which state, and past which use if that one raised."""

    node: int
    state: State
    raised: Use | None = None


def exits(node: Node, step: Exit, what: Leaving | None, state: State) -> list[Way]:
    """The ways out of a block whose manager is none of the project's."""
    after = _left(state, what, step.failing)
    ways = [Way(node.next[0], after)]
    return [Way(node.next[1], after._replace(error=None)), *ways] if step.failing and what == "suppress" else ways


def _left(state: State, what: Leaving | None, failing: bool) -> State:
    """The state after a block whose manager is none of the project's."""
    if what == "close":
        return closed(state)
    if what == "finish" and state.status is not Status.CLOSED:
        return settled(state)
    if what == "unknown":
        return given_away(state)
    is_undone = what == "savepoint" and failing
    return sound(busy(state)) if is_undone and state.health is not Health.SOUND else state


def manager_effect(effects: Effects, manager: Manager, state: State, failing: bool) -> Effect | None:
    """What leaving the block of a manager of the project does; None where that is not known."""
    return effects.leaving(manager, state.health, (state.error or ANY_ERROR) if failing else None)


def manager_exits(node: Node, step: Exit, use: Use, effect: Effect, state: State) -> list[Way]:
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
