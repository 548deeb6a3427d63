"""What `with` does to the session: what its target is, and what leaving the block means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.binding import named, unbound
from fastapi_session_lint.flow.changes import given_away, handed_on, passed, raising, sound
from fastapi_session_lint.flow.lives import Way
from fastapi_session_lint.flow.states import GeneratorManager, Leaving, Manager, ObjectManager, State
from fastapi_session_lint.flow.steps import Enter, Node
from fastapi_session_lint.flow.uses import Holder, Outcome, Result, Use, UseKind, transaction_name
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, dotted
from fastapi_session_lint.project.values import FunctionValue, LibraryObject, ObjectValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects
    from fastapi_session_lint.project.roles import Roles

_LEAVING: dict[Result, Leaving] = {
    Result.SESSION: "close",
    Result.CLOSING: "close",
    Result.TRANSACTION: "finish",
    Result.SAVEPOINT: "savepoint",
}


class Entry(NamedTuple):
    """A with item that is entered: what its expression is, as far as the session goes.

    `is_given`: code that is not known got the session on the way, `is_origin`: the expression makes it.
    """

    effects: Effects
    scope: Scope
    step: Enter
    outcome: Outcome
    is_given: bool
    is_origin: bool


def ways_in(entry: Entry, node: Node, state: State) -> tuple[Use | None, list[Way]]:
    """The ways into a block, and what a manager of the project does to the session then."""
    match entry.outcome:
        case GeneratorManager() as found:
            return _manager_ways(entry, node, found, state)
        case Holder() as holder:
            return _manager_ways(entry, node, _manager(entry, holder), state)
    ways = [Way(node.next[0], _entered(entry.step, entry.outcome, state, _leaving(entry)))]
    if _library(entry) not in vocabulary.QUIET_MANAGERS:
        ways.append(Way(node.error, raising(state), Use(UseKind.CALL, entry.step.place)))
    return None, ways


def _manager_ways(entry: Entry, node: Node, found: Manager | None, state: State) -> tuple[Use | None, list[Way]]:
    """The project's own manager: a generator runs up to its yield, or a method runs."""
    step, effects = entry.step, entry.effects
    effect = effects.entering(found) if found is not None else None
    if found is None or effect is None:
        inside = _entered(step, Result.NOTHING, given_away(state), "unknown")
        return None, [Way(node.next[0], inside), Way(node.error, raising(sound(state)), Use(UseKind.CALL, step.place))]
    outcome: Outcome = Result.SESSION if effect.returns else Result.NOTHING
    if isinstance(found, ObjectManager) and not effect.returns:
        outcome = Holder(found.paths, None)
    use = Use(UseKind.PASS, step.place, effect=effect)
    there = effects.in_health(effect, state.health)
    ways = []
    for one in there.failures:
        after = passed(state, one, step.place, is_returned=False)
        ways.append(Way(node.error, after._replace(error=one.error), use))
    for one in there.after:
        inside = passed(state, one, step.place, is_returned=True)
        ways.append(Way(node.next[0], _entered(step, outcome, inside, found)))
    return use, ways


def _library(entry: Entry) -> str:
    context = entry.step.item.context
    value = entry.effects.roles.value(context, entry.scope) if isinstance(context, Call) else None
    return value.name if isinstance(value, LibraryObject) else ""


def _leaving(entry: Entry) -> Leaving | None:
    """What leaving a block does. Of `with unknown(db)` nothing can be said: it may well roll back."""
    if isinstance(entry.outcome, Result) and entry.outcome in _LEAVING:
        return _LEAVING[entry.outcome]
    if entry.is_origin:
        return "close"
    is_expected = expects_error(entry.step.item.context, entry.scope, entry.effects.roles)
    if is_expected or _library(entry) in vocabulary.SUPPRESS:
        return "suppress"
    return "unknown" if entry.is_given else None


def expects_error(manager: Expression, scope: Scope, roles: Roles) -> bool:
    """Whether a block's manager is one by which a test says that it expects an error there."""
    match manager:
        case Call(Attribute(Name(), method)) if method in vocabulary.RAISES_METHODS:
            return True
        case Call():
            value = roles.value(manager, scope)
            return isinstance(value, LibraryObject) and value.name in vocabulary.RAISES
    return False


def _manager(entry: Entry, holder: Holder) -> Manager | None:
    """An object that keeps the session, as a context manager; None where its methods are not known."""
    effects = entry.effects
    value = effects.roles.value(entry.step.item.context, entry.scope)
    of = holder.of or (value.of if isinstance(value, ObjectValue) else None)
    if of is None:
        return None
    prefix = "__a" if entry.step.is_async else "__"
    enter = effects.roles.member(of, f"{prefix}enter__", ObjectValue(of))
    leave = effects.roles.member(of, f"{prefix}exit__", ObjectValue(of))
    if not isinstance(enter, FunctionValue) or not isinstance(leave, FunctionValue):
        return None
    into, out = effects.of_object(enter, holder.paths), effects.of_object(leave, holder.paths)
    if into is None or out is None or into.lets_go or (out.lets_go and not out.closes):
        return None
    return ObjectManager(enter, leave, holder.paths)


def _entered(step: Enter, outcome: Outcome, state: State, what: Leaving | None) -> State:
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
        return state._replace(names=state.names | outcome.known_as(name))
    if name is not None and (known := transaction_name(name, outcome)) is not None:
        return state._replace(names=state.names | {known})
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
