"""What the session is called: how assignments, deletions and loops change the names that stand for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi_session_lint.flow import facts
from fastapi_session_lint.flow.changes import handed_on
from fastapi_session_lint.flow.states import GeneratorManager, State, forget
from fastapi_session_lint.flow.uses import Captured, Holder, Method, Outcome, Result, transaction_name
from fastapi_session_lint.model.expressions import Call, Collection, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Function, Return
from fastapi_session_lint.project.values import Scope


@dataclass(frozen=True, slots=True)
class Binder:
    """Binds targets in one function.

    `tracked` are the names whose tests are remembered, `outer` those that belong to the module. `gives` tells what an
    expression is, as far as the session goes, `keeps` whether a nested function closes the session or keeps it.
    `stored` is told of each name by which the session leaves the function; `leaving` gives the state then.
    """

    tracked: frozenset[str]
    outer: frozenset[str]
    gives: Callable[[Expression, frozenset[str]], Outcome]
    keeps: Callable[[Outcome, frozenset[str]], bool]
    stored: Callable[[str, State], None]
    leaving: Callable[[State], State]

    def bind_all(self, targets: tuple[Expression, ...], value: Expression, outcome: Outcome, state: State) -> State:
        """The state after `a = b = value`."""
        for target in targets:
            state = self.bind(target, value, outcome, state)
        return state

    def bind(self, target: Expression, value: Expression, outcome: Outcome, state: State) -> State:
        """The state after `target = value`, where the value gives `outcome`."""
        if isinstance(target, Collection) and isinstance(value, Collection) and len(target.items) == len(value.items):
            return self._pairwise(target, value, state)
        names = state.names
        state = unbound(target, state)
        name = dotted(target)
        if name is not None:
            state = facts.bound(state, name, value, self.tracked)
        is_local = isinstance(target, Name) and name not in self.outer
        match outcome:
            case Result.NOTHING:
                return state
            case Method() | Captured() | GeneratorManager():
                return handed_on(state) if self._leaves(outcome, names, is_local) else state
            case Holder() if name is not None and is_local:
                return state._replace(names=state.names | outcome.known_as(name))
            case Holder() if name is not None and (kept := outcome.kept_as(name)):
                state = state._replace(names=state.names | kept)
                for one in sorted(kept):
                    self.stored(one, state)
            case Result.TRANSACTION | Result.SAVEPOINT if is_local and name is not None:
                return state._replace(names=state.names | {transaction_name(name, outcome) or name})
            case Result.SESSION if name is not None:
                state = state._replace(names=state.names | {name})
                if is_local:
                    return state
                self.stored(name, state)
        return self.leaving(state)

    def _leaves(self, outcome: Outcome, names: frozenset[str], is_local: bool) -> bool:
        """`close = db.close` closes it later; a nested function with a name of its own is followed by its calls."""
        return self.keeps(outcome, names) and not (is_local and isinstance(outcome, Captured))

    def _pairwise(self, target: Collection, value: Collection, state: State) -> State:
        """`a, b = x, y`: all values are there before the first target is bound."""
        outcomes = [self.gives(item, state.names) for item in value.items]
        for one, item, outcome in zip(target.items, value.items, outcomes, strict=True):
            state = self.bind(one, item, outcome, state)
        return state


def unbound(target: Expression, state: State) -> State:
    """The state when a target has got something else, or is deleted."""
    if isinstance(target, Collection):
        for item in target.items:
            state = unbound(item, state)
        return state
    name = dotted(target)
    if name is None:
        return state
    state = forget(state, name)
    gone = {one for one in state.names if one == name or one.startswith((f"{name}.", f"{name}>"))}
    return state._replace(names=state.names - gone) if gone else state


def named(state: State, target: Expression | None) -> State:
    """The state when a target, where there is one, stands for the session too."""
    name = dotted(target) if target is not None else None
    return state if name is None else state._replace(names=state.names | {name})


def receiver_of(scope: Scope) -> str:
    """The first parameter of a function, which is a method's own object."""
    owner = scope.owner
    return owner.parameters[0].name if isinstance(owner, Function) and owner.parameters else ""


def is_receiver(scope: Scope, name: str) -> bool:
    """Whether a name is a method's first parameter, its own object."""
    return name == receiver_of(scope)


def given_back(scope: Scope, outcome: Outcome, value: Expression) -> str:
    """What is returned: the session, the method's own object that keeps it, another holder, or only a function.

    Of an object that is known to keep it the paths are told, after a `>`; of its transaction, where a function always
    returns that, the method that begins it.
    """
    if isinstance(outcome, Method | Captured | GeneratorManager):
        return ""
    if outcome is Result.SESSION:
        return "session"
    if not isinstance(outcome, Holder):
        returned = [one for one in scope.statements if isinstance(one, Return)]
        is_only = isinstance(value, Call) and len(returned) == 1
        return (is_only and transaction_name("holder", outcome)) or "holder"
    is_own = isinstance(value, Name) and is_receiver(scope, value.id)
    return "receiver" if is_own else f"holder>{','.join(sorted(outcome.paths))}"
