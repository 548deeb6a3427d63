"""What tells of a failure that was swallowed: who tests it may leave the session alone then.

That is what a function returns that swallows one, known by the call at first and then by the names that it is assigned
to; and what a handler notes down. Only states of a failed session carry this. A test of it is decided where it is known
whether it is None, true or false; where that is not known the failure goes one of both ways, and which of them a state
has taken stays with it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from fastapi_session_lint.flow.literals import is_literal
from fastapi_session_lint.flow.states import GIVEN, Health, State, fact, forget, learn
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Collection,
    Constant,
    Expression,
    Opaque,
    Subscript,
    dotted,
)
from fastapi_session_lint.model.walk import subexpressions

_RETURN = f"{GIVEN}return"
_NAMED = f"{GIVEN}name "
_WAY = f"{GIVEN}way "
_UNKNOWN = ""
_TESTS = 6
"""How many tests of what a call gave are told apart."""
Way = frozenset[tuple[str, str]]
"""Which way the tests went, of which it is not known which way a failure goes."""


def call_name(value: Expression) -> str | None:
    """What a call, awaited or not, is known by until its statement is over."""
    if isinstance(value, Await):
        value = value.value
    return f"{GIVEN}call {value.place}" if isinstance(value, Call) else None


def leaving(state: State, value: Expression | None, is_object: Callable[[Expression], bool], is_last: bool) -> State:
    """The state in which a function returns a value; what a failure on the way out leaves is not known."""
    if state.health is Health.FAILED:
        return learn(state, _RETURN, "none" if value is None else kind(state, value, is_object))
    return state if is_last else learn(state, _RETURN, _UNKNOWN)


def kind(state: State, value: Expression, is_object: Callable[[Expression], bool]) -> str:
    """What is known of a value: none, some, true, false, or nothing; of a tuple a bracket and that of each item."""
    match value:
        case Constant("keyword", None, _):
            return "none"
        case Constant("keyword", bool(truth), _):
            return "true" if truth else "false"
        case Constant(_, text, _):
            return "some" if text and text not in ("0", "0.0") else _UNKNOWN
        case Collection("tuple", items):
            kinds = (kind(state, item, is_object) for item in items)
            return "(" + ",".join(_UNKNOWN if one.startswith("(") else one for one in kinds)
        case Collection(_, items):
            return "some" if items else _UNKNOWN
    name = call_name(value) or dotted(value)
    known = fact(state, name) if name is not None else None
    if known is None and isinstance(value, Call) and is_object(value):
        return "some"
    if known is None or ":" in known:
        return _UNKNOWN
    return "some" if is_literal(known) else known


def what_returned(state: State) -> str:
    """What a function returned that left the session failed; one that came to its end returned None."""
    if state.health is not Health.FAILED:
        return _UNKNOWN
    known = fact(state, _RETURN)
    return "none" if known is None else known


def heard(state: State, place: int, gives: str) -> State:
    """The state after a call that left the session failed and gave this."""
    if state.health is not Health.FAILED or state.cause != place or not state.is_returned:
        return state
    return learn(state, f"{GIVEN}call {place}", gives)


def is_about(state: State, value: Expression) -> bool:
    """Whether a value says something of what a failed call gave, or of what a handler has noted down."""
    if not any(name.startswith(GIVEN) for name, _ in state.facts):
        return False
    for part in subexpressions(value):
        name = dotted(part)
        if name is not None and fact(state, _NAMED + name) is not None:
            return True
        if (call := call_name(part)) is not None and fact(state, call) is not None:
            return True
    return False


def assigned(before: State, state: State, targets: tuple[Expression, ...], value: Expression, known: str) -> State:
    """The state after an assignment, in which the targets have got what a call gave, or something made of it.

    In a handler they have got something whatever it is. `known` is what is known of the value.
    """
    if not is_handling(before) and not is_about(before, value):
        return state
    for target in targets:
        for name, what in _each(target, known):
            state = learn(state, _NAMED + name, "some")
            if what and fact(state, name) is None:
                state = learn(state, name, what)
    return state


def _each(target: Expression, known: str) -> Iterator[tuple[str, str]]:
    """The names of a target, each with what is known of it."""
    if isinstance(target, Collection):
        kinds = known[1:].split(",") if known.startswith("(") else []
        is_whole = len(kinds) == len(target.items)
        for item, kind in zip(target.items, kinds if is_whole else itertools.repeat(_UNKNOWN), strict=is_whole):
            yield from _each(item, kind)
    elif isinstance(target, Subscript):
        yield from _each(target.value, _UNKNOWN)
    elif (name := dotted(target)) is not None:
        yield name, known


def is_handling(state: State) -> bool:
    """Whether a handler runs for the failure itself: what it writes down tells of it."""
    return state.error is not None and state.health is not Health.SOUND and not state.is_returned


def noted(state: State, value: Expression) -> State:
    """The state after a statement of a handler that changes something in place: `errors.append(error)`, `n += 1`."""
    if not is_handling(state):
        return state
    match value:
        case Await(inner, _):
            return noted(state, inner)
        case Call(Attribute(owner, _)) | Opaque((owner, *_)):
            name = dotted(owner)
            return state if name is None else learn(forget(state, name), _NAMED + name, "some")
    return state


def over(state: State) -> State:
    """The state when a statement is over: what a call gave is known by names alone."""
    if not state.facts:
        return state
    kept = frozenset(one for one in state.facts if not one[0].startswith(f"{GIVEN}call "))
    return state if len(kept) == len(state.facts) else state._replace(facts=kept)


def parted(state: State, value: Expression, node: int) -> tuple[State | None, State | None]:
    """The states after a test that is not decided, when it held and when it did not.

    What a handler asks while it runs does not tell whether there was a failure: there was.
    """
    if is_handling(state) or not is_about(state, value):
        return state, state
    test = f"{_WAY}{node}"
    if (known := fact(state, test)) is not None:
        return (state, None) if known == "true" else (None, state)
    return learn(state, test, "true"), learn(state, test, "false")


def way_taken(state: State) -> Way:
    """Which way the tests went on the path to a state."""
    return frozenset(one for one in state.facts if one[0].startswith(_WAY))


def is_certain(ways: list[Way]) -> bool:
    """Whether one of these ways is taken, whichever way each test goes."""
    tests = sorted({test for way in ways for test, _ in way})
    if not tests or len(tests) > _TESTS:
        return bool(ways)
    for answers in itertools.product(("true", "false"), repeat=len(tests)):
        answered = set(zip(tests, answers, strict=True))
        if not any(way <= answered for way in ways):
            return False
    return True
