"""What a branch tells: which way a test goes in a state, and what is known after it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from fastapi_session_lint.flow import literals
from fastapi_session_lint.flow.states import LEAKING, Health, State, Status, fact, forget, learn
from fastapi_session_lint.flow.steps import Bind, Catch, Graph, Test
from fastapi_session_lint.flow.telling import assigned, call_name, parted
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Collection,
    Compare,
    Constant,
    Expression,
    Name,
    Not,
    Walrus,
    dotted,
)
from fastapi_session_lint.model.syntax import NO_NAMES
from fastapi_session_lint.vocabulary import NAME_TABLES, OPEN_ATTRIBUTES, TRANSACTION_TESTS, TYPE_TESTS

_LIMIT = 8


def tested(expression: Expression, with_calls: bool = False) -> tuple[str, str] | None:
    """The name that a plain test asks about, and what it is when the test holds: none, some or true.

    With calls, what a call gives has a name as well.
    """
    match expression:
        case Not(inner):
            found = tested(inner, with_calls)
            return None if found is None else (found[0], _OPPOSITE[found[1]])
        case Call(Name("bool"), (one,)):
            return tested(one.value, with_calls)
        case Compare(left, "is" | "==" | "is not" | "!=" as operator, Constant("keyword", None | bool() as value, _)):
            name = _name(left, with_calls)
            asked = {None: "none", True: "true", False: "false"}[value]
            return None if name is None else (name, asked if operator in _SAME else _OPPOSITE[asked])
    name = _name(expression, with_calls)
    return None if name is None else (name, "true")


def _name(expression: Expression, with_calls: bool) -> str | None:
    if isinstance(expression, Walrus):
        return expression.target
    return dotted(expression) or (call_name(expression) if with_calls else None)


_SAME = frozenset({"is", "=="})
_COMPARING = _SAME | {"is not", "!="}
_OPPOSITE = {"true": "false", "false": "true", "none": "some", "some": "none"}
_IMPLIES = {
    ("none", "none"): True,
    ("none", "some"): False,
    ("none", "true"): False,
    ("none", "false"): True,
    ("some", "none"): False,
    ("some", "some"): True,
    ("true", "true"): True,
    ("true", "false"): False,
    ("true", "some"): True,
    ("true", "none"): False,
    ("false", "true"): False,
    ("false", "false"): True,
    ("false", "none"): True,
    ("false", "some"): False,
}
"""What a known fact says of an asked one; what is falsy and may be None is taken to be None."""


def tracked_names(graph: Graph) -> frozenset[str]:
    """The names whose tests may hang together: tested twice, or set to None, True, False or a test and tested.

    A name and its copy are one when both are tested. The error that a handler gives a name to is something. A number or
    text tells of a failure by the name that is set to it; see `bound`.
    """
    counts: Counter[str] = Counter()
    set_names: set[str] = set()
    copies: set[tuple[str, str]] = set()
    coded: set[str] = set()
    caught = {node.step.handler.name for node in graph.nodes if isinstance(node.step, Catch)}
    for node in graph.nodes:
        match node.step:
            case Test(value, _) if (found := tested(value)) is not None:
                counts[found[0]] += 1
            case Test(value, _) if (name := literals.compared(value)) is not None:
                coded.add(name)
            case Bind(targets, value, _):
                for name, given in _pairs(targets, value):
                    link = _links(given)
                    if link is not None or isinstance(given, Constant):
                        set_names.add(name)
                    if link is not None:
                        counts[link[0]] += 1
                    elif isinstance(given, Name):
                        copies.add((name, given.id))
    for copy in copies:
        if copy[0] in counts and copy[1] in caught:
            set_names |= set(copy)
            counts[copy[1]] += 1
        elif all(one in counts for one in copy):
            set_names |= set(copy)
    wanted = [name for name, count in sorted(counts.items(), key=_rank) if count > 1 or name in set_names]
    return frozenset((*wanted[:_LIMIT], *sorted(coded & set_names)[:_LIMIT])) or NO_NAMES


def _rank(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def caught(state: State, name: str | None, tracked: frozenset[str]) -> State:
    """The state in a handler: the name of its error is something."""
    if name is None:
        return state
    return learn(forget(state, name), name, "some") if name in tracked else forget(state, name)


def _pairs(targets: tuple[Expression, ...], value: Expression) -> Iterator[tuple[str, Expression]]:
    """The names that an assignment binds, each with its value."""
    for target in targets:
        if (name := dotted(target)) is not None:
            yield name, value
        elif isinstance(target, Collection) and isinstance(value, Collection):
            for one, item in zip(target.items, value.items, strict=False):
                yield from _pairs((one,), item)


def _links(value: Expression) -> tuple[str, str] | None:
    """`flag = name is None` and its like."""
    return tested(value) if isinstance(value, Not | Compare | Call) else None


def branch(state: State, value: Expression, tracked: frozenset[str], node: int) -> tuple[State | None, State | None]:
    """The states after the test at a node, when it held and when it did not; None for a way that cannot be taken."""
    if isinstance(value, Constant):
        held = bool(value.value) and value.value not in ("0", "0.0")
        return (state, None) if held else (None, state)
    told = _told(state, value)
    if told is None:
        told = literals.told(state, value)
    if told is not None:
        return (state, None) if told else (None, state)
    found = tested(value, with_calls=True)
    if found is None:
        return parted(state, value, node)
    name, asked = found
    decided = _decided(state, name, asked)
    if decided is not None:
        return (state, None) if decided else (None, state)
    if name not in tracked:
        return parted(state, value, node)
    yes, no = parted(state, value, node)
    return yes and learn(yes, name, asked), no and learn(no, name, _OPPOSITE[asked])


def _decided(state: State, name: str, asked: str) -> bool | None:
    """What is known of a name says of what is asked of it; what is a tuple is something."""
    known = _known(state, name)
    if known is None:
        return None
    return _IMPLIES.get(("some" if known.startswith("(") else "true" if literals.is_literal(known) else known, asked))


def _told(state: State, value: Expression) -> bool | None:
    """Whether a test holds that asks about the session itself; None for any other, and where it may or may not."""
    match value:
        case Not(Attribute(owner, name)) if name in OPEN_ATTRIBUTES and _is_session(state, dotted(owner)):
            return state.health is Health.FAILED
        case Not(inner):
            told = _told(state, inner)
            return None if told is None else not told
        case Compare(Constant("text", str(name), _), "in", Call(Name(table), ())) if table in NAME_TABLES:
            return True if _is_session(state, name) else None
        case Compare(Name() | Attribute() as left, operator, Name() | Attribute() as right) if operator in _COMPARING:
            sides = _is_session(state, dotted(left)), _is_session(state, dotted(right))
            return all(sides) == (operator in _SAME) if any(sides) else None
        case Call(Name(test), (one, *_)) if test in TYPE_TESTS:
            asked_of = dotted(one.value) or ""
            return True if _is_session(state, asked_of) else False if fact(state, asked_of) == "none" else None
        case Attribute(owner, name) if name in OPEN_ATTRIBUTES:
            return True if _is_session(state, dotted(owner)) else None
        case Call(Attribute(owner, name), ()) if name in TRANSACTION_TESTS:
            return True if _is_session(state, dotted(owner)) and state.status in LEAKING else None
    return None


def _is_session(state: State, name: str | None) -> bool:
    return name in state.names and state.status is not Status.ABSENT


def _known(state: State, name: str) -> str | None:
    """A name that stands for the session is something; of the others the path has shown what it has."""
    if _is_session(state, name):
        return "true"
    return fact(state, name)


def bound(state: State, name: str, value: Expression, tracked: frozenset[str]) -> State:
    """The state after `name = value`, as far as tests go."""
    linked = _links(value)
    decided = _decided(state, *linked) if linked else None
    state = forget(state, name)
    if name not in tracked:
        return state
    match value:
        case Constant("keyword", None, _):
            return learn(state, name, "none")
        case Constant("keyword", bool(truth), _):
            return learn(state, name, "true" if truth else "false")
        case Constant() if state.health is not Health.SOUND and (known := literals.known_as(value)) is not None:
            return learn(state, name, known)
        case Name(other) if (copied := fact(state, other)) is not None:
            return learn(state, name, copied)
        case Name(other) if other in tracked:
            return state._replace(facts=state.facts | {(name, f"some:{other}")})
    if linked is None:
        return state
    if decided is not None:
        return learn(state, name, "true" if decided else "false")
    kind = {"none": "none", "some": "some", "true": "some", "false": "none"}[linked[1]]
    return state._replace(facts=state.facts | {(name, f"{kind}:{linked[0]}")})


def given(before: State, state: State, targets: tuple[Expression, ...], value: Expression, known: str) -> State:
    """The state after an assignment of what a failed call gave, of which so much is known, or of a test of it."""
    found = tested(value, with_calls=True) if isinstance(value, Not | Compare) else None
    decided = _decided(before, *found) if found is not None else None
    return assigned(before, state, targets, value, known if decided is None else "true" if decided else "false")
