"""What a branch tells: which way a test goes in a state, and what is known after it."""

from __future__ import annotations

from collections import Counter

from fastapi_session_lint.flow.states import State, Status, fact, forget, learn
from fastapi_session_lint.flow.steps import Bind, Graph, Test
from fastapi_session_lint.model.expressions import Compare, Constant, Expression, Name, Not, dotted

_LIMIT = 8


def tested(expression: Expression) -> tuple[str, str] | None:
    """The name that a plain test asks about, and what it is when the test holds: none, some or true."""
    match expression:
        case Not(inner):
            found = tested(inner)
            return None if found is None else (found[0], _OPPOSITE[found[1]])
        case Compare(left, "is" | "==", Constant("keyword", None, _)):
            name = dotted(left)
            return None if name is None else (name, "none")
        case Compare(left, "is not" | "!=", Constant("keyword", None, _)):
            name = dotted(left)
            return None if name is None else (name, "some")
        case Compare(left, "is" | "==", Constant("keyword", bool(value), _)):
            name = dotted(left)
            return None if name is None else (name, "true" if value else "false")
    name = dotted(expression)
    return None if name is None else (name, "true")


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
    """The names whose tests may hang together: tested twice, or set to None, True, False or a test and tested."""
    counts: Counter[str] = Counter()
    set_names: set[str] = set()
    for node in graph.nodes:
        match node.step:
            case Test(value, _) if (found := tested(value)) is not None:
                counts[found[0]] += 1
            case Bind(targets, value, _):
                set_names |= {
                    name
                    for target in targets
                    if (name := dotted(target)) and (isinstance(value, Constant) or _links(value) is not None)
                }
                if (link := _links(value)) is not None:
                    counts[link[0]] += 1
    wanted = [name for name, count in counts.most_common() if count > 1 or name in set_names]
    return frozenset(wanted[:_LIMIT])


def _links(value: Expression) -> tuple[str, str] | None:
    """`flag = name is None` and its like."""
    return tested(value) if isinstance(value, Not | Compare) else None


def branch(state: State, value: Expression, tracked: frozenset[str]) -> tuple[State | None, State | None]:
    """The states after a test, when it held and when it did not; None for a way that cannot be taken."""
    if isinstance(value, Constant):
        held = bool(value.value) and value.value not in ("0", "0.0")
        return (state, None) if held else (None, state)
    found = tested(value)
    if found is None:
        return state, state
    name, asked = found
    known = _known(state, name)
    decided = _IMPLIES.get((known, asked)) if known else None
    if decided is not None:
        return (state, None) if decided else (None, state)
    if name not in tracked:
        return state, state
    return learn(state, name, asked), learn(state, name, _OPPOSITE[asked])


def _known(state: State, name: str) -> str | None:
    """A name that stands for the session is something; of the others the path has shown what it has."""
    if name in state.names and state.status is not Status.ABSENT:
        return "true"
    return fact(state, name)


def bound(state: State, name: str, value: Expression, tracked: frozenset[str]) -> State:
    """The state after `name = value`, as far as tests go."""
    linked = _links(value)
    known = _known(state, linked[0]) if linked else None
    state = forget(state, name)
    if name not in tracked:
        return state
    match value:
        case Constant("keyword", None, _):
            return learn(state, name, "none")
        case Constant("keyword", bool(truth), _):
            return learn(state, name, "true" if truth else "false")
        case Name(other) if (copied := fact(state, other)) in ("none", "some", "true", "false"):
            return learn(state, name, copied or "")
    if linked is None:
        return state
    decided = _IMPLIES.get((known, linked[1])) if known else None
    if decided is not None:
        return learn(state, name, "true" if decided else "false")
    kind = {"none": "none", "some": "some", "true": "some", "false": "none"}[linked[1]]
    return state._replace(facts=state.facts | {(name, f"{kind}:{linked[0]}")})
