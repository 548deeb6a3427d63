"""How one use changes the state of the session."""

from __future__ import annotations

from fastapi_session_lint.flow.states import ANY_ERROR, DATABASE_ERROR, GIVEN, Health, Left, State, Status, in_error
from fastapi_session_lint.flow.uses import Use
from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.vocabulary import Action

_WRITES = frozenset({Action.COMMIT, Action.FLUSH})
_STATEMENTS = frozenset({Action.EXECUTE, Action.READ})


def moved(state: State, status: Status) -> State:
    """The state with another status, unless someone else has the session, or there is none."""
    now = state.status
    if now is status or now is Status.GONE or now is Status.ABSENT:
        return state
    return State(status, *state[1:])


def busy(state: State) -> State:
    """The state when the session holds a connection."""
    return state if state.status is Status.DIRTY else moved(state, Status.BUSY)


def sound(state: State) -> State:
    """The state when the session works again, or when what was called may have seen to that."""
    if state.health is Health.SOUND:
        return state
    facts = frozenset(one for one in state.facts if not one[0].startswith(GIVEN)) if state.facts else state.facts
    return state._replace(health=Health.SOUND, cause=NOWHERE, is_returned=False, facts=facts)


def settled(state: State) -> State:
    """The state after a commit or rollback; a closed session stays so, since it has nothing to end."""
    return sound(state if state.status is Status.CLOSED else moved(state, Status.SETTLED))


def closed(state: State) -> State:
    """The state after a close."""
    return sound(state._replace(status=Status.CLOSED))


def handed_on(state: State) -> State:
    """The state when another owner has an open session."""
    return state._replace(status=Status.GONE) if state.status.is_open else state


def given_away(state: State) -> State:
    """The state when code that is not known has the session: it may close it, keep it or roll it back."""
    return sound(handed_on(state))


def raising(state: State) -> State:
    """The state when something has raised that has nothing to do with the session."""
    return in_error(state, ANY_ERROR)


def spoilt(state: State, health: Health, place: int, is_returned: bool = False) -> State:
    """The state when what stands at a place has failed; what failed before that, or there is no session, stays."""
    if state.status is Status.ABSENT or state.health is health or state.health is Health.FAILED:
        return state
    status, names, entered, error, _, _, _, facts = state
    return State(status, names, entered, error, health, place, is_returned, facts)


def failed(state: State, use: Use) -> State | None:
    """The state when a method of the session raises; None for one that does not."""
    if _has_nothing_to_send(state, use):
        return None
    if use.action in _WRITES:
        health = Health.FAILED
    elif use.action in _STATEMENTS:
        health = Health.ABORTED
    else:
        return None
    return in_error(spoilt(busy(state), health, use.place), DATABASE_ERROR)


def _has_nothing_to_send(state: State, use: Use) -> bool:
    """Whether a session was closed just before it is committed or flushed, and so is empty."""
    return state.status is Status.CLOSED and use.action in _WRITES


def acted(state: State, use: Use) -> State | None:
    """The state after a method of the session; None for one that a failed session never comes back from."""
    match use.action:
        case Action.CLOSE:
            return closed(state)
        case Action.ROLLBACK:
            return settled(state)
        case Action.UNDO:
            return sound(busy(state))
        case Action.COMMIT:
            return None if state.health is Health.FAILED else settled(state)
        case Action.FLUSH | Action.EXECUTE | Action.READ:
            if _has_nothing_to_send(state, use):
                return state
            return None if state.health is Health.FAILED else busy(state)
        case Action.WRITE:
            return moved(state, Status.DIRTY)
    return state


def passed(state: State, left: Left, place: int, is_returned: bool) -> State:
    """The state when a callee at a place has left the session so, by an error or (`is_returned`) without one."""
    if left.status is Status.CLOSED:
        return closed(state)
    if left.status is Status.GONE:
        state = handed_on(state)
    elif left.status is Status.BUSY:
        state = busy(state)
    elif left.status is not Status.IDLE:
        state = moved(state, left.status)
    if left.health is Health.SOUND or (is_returned and left.health is Health.ABORTED):
        return sound(state)  # a statement whose error the callee swallowed: nothing was lost that the caller counts on
    return state if left.health is None else spoilt(sound(state), left.health, place, is_returned)
