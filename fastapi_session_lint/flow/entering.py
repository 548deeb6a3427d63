"""What `with` does to the session: what its target is, and what leaving the block means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.binding import named, unbound
from fastapi_session_lint.flow.changes import handed_on
from fastapi_session_lint.flow.states import Leaving, Manager, ObjectManager, State
from fastapi_session_lint.flow.steps import Enter
from fastapi_session_lint.flow.uses import Holder, Outcome, Result
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, dotted
from fastapi_session_lint.project.values import FunctionValue, LibraryObject, ObjectValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects

_LEAVING: dict[Result, Leaving] = {
    Result.SESSION: "close",
    Result.CLOSING: "close",
    Result.TRANSACTION: "finish",
    Result.SAVEPOINT: "savepoint",
}


def enters_quietly(context: Expression, scope: Scope, effects: Effects) -> bool:
    """Whether entering cannot raise."""
    return _library(context, scope, effects) in vocabulary.QUIET_MANAGERS


def _library(context: Expression, scope: Scope, effects: Effects) -> str:
    value = effects.roles.value(context, scope) if isinstance(context, Call) else None
    return value.name if isinstance(value, LibraryObject) else ""


def leaving(
    outcome: Outcome, context: Expression, scope: Scope, effects: Effects, is_given: bool, is_origin: bool
) -> Leaving | None:
    """What leaving a block does; `is_given`: code that is not known got the session, `is_origin`: it is made there.

    Of `with unknown(db)` nothing can be said: it may well roll back.
    """
    if isinstance(outcome, Result) and outcome in _LEAVING:
        return _LEAVING[outcome]
    if is_origin:
        return "close"
    if _library(context, scope, effects) in vocabulary.SUPPRESS | vocabulary.RAISES or _asserts(context):
        return "suppress"
    return "unknown" if is_given else None


def _asserts(context: Expression) -> bool:
    """Whether a manager is a test case's own, which ends the error that it expects."""
    match context:
        case Call(Attribute(Name(), method)):
            return method in vocabulary.RAISES_METHODS
    return False


def manager(holder: Holder, context: Expression, scope: Scope, effects: Effects, is_async: bool) -> Manager | None:
    """An object that keeps the session, as a context manager; None where its methods are not known."""
    value = effects.roles.value(context, scope)
    of = holder.of or (value.of if isinstance(value, ObjectValue) else None)
    if of is None:
        return None
    prefix = "__a" if is_async else "__"
    enter = effects.roles.member(of, f"{prefix}enter__", ObjectValue(of))
    leave = effects.roles.member(of, f"{prefix}exit__", ObjectValue(of))
    if not isinstance(enter, FunctionValue) or not isinstance(leave, FunctionValue):
        return None
    into, out = effects.of_attribute(enter, holder.attribute), effects.of_attribute(leave, holder.attribute)
    if into is None or out is None or into.lets_go or (out.lets_go and not out.closes):
        return None
    return ObjectManager(enter, leave, holder.attribute)


def entered(step: Enter, outcome: Outcome, state: State, what: Leaving | None) -> State:
    """The state in the block."""
    if outcome is Result.CONTAINED:
        return handed_on(state)
    state = state if what is None else state._replace(entered=state.entered | {(step.block, what)})
    target = step.item.target
    if target is None:
        return state
    state = unbound(target, state)
    name = dotted(target)
    if isinstance(outcome, Holder) and name is not None:
        return state._replace(names=state.names | {f"{name}>{outcome.attribute}"})
    return named(state, target) if outcome in _GIVING else state


_GIVING = (Result.SESSION, Result.CLOSING, Result.BORROWING)


def meant(state: State, block: int) -> Leaving | None:
    """What leaving a block means in a state."""
    return next((what for at, what in state.entered if at == block), None)


def outside(state: State, block: int) -> State:
    """The state when a block is left, as far as the block itself goes."""
    return (
        state._replace(entered=frozenset(one for one in state.entered if one[0] != block)) if state.entered else state
    )
