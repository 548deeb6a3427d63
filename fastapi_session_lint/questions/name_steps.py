"""What the steps of a function do with one of its names: bind it, speak of it, read it, return it."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.flow.steps import Bind, Enter, Graph, Iterate, Leave, Step, Test
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Collection,
    Compare,
    Expression,
    Lambda,
    Name,
    Not,
    parts_of,
)
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.questions.graph_places import expressions_in


def read_in_place(expression: Expression) -> Iterator[Expression]:
    """The parts of an expression that are read: not what is called, what is assigned to, or runs later."""
    if isinstance(expression, Lambda):
        return
    yield expression
    for part in parts_of(expression):
        if isinstance(expression, Call) and part is expression.function and isinstance(part, Attribute):
            yield from read_in_place(part.value)
        else:
            yield from read_in_place(part)


def touching(graph: Graph, name: str) -> frozenset[int]:
    """The nodes that bind a name or speak of it, but for tests whether it is there."""
    found = set()
    for at, node in enumerate(graph.nodes):
        if _binds(node.step, name) or (_speaks(node.step, name) and not _is_test_of(node.step, name)):
            found.add(at)
    return frozenset(found)


def _binds(step: Step, name: str) -> bool:
    bound: tuple[Expression, ...] = ()
    match step:
        case Bind(targets):
            bound = targets
        case Iterate(target):
            bound = (target,)
        case Enter(item) if item.target is not None:
            bound = (item.target,)
    return any(is_name(part, name) for one in bound for part in subexpressions(one))


def _speaks(step: Step, name: str) -> bool:
    return any(is_name(part, name) for one in expressions_in(step) for part in subexpressions(one, True))


def _is_test_of(step: Step, name: str) -> bool:
    """`if user`, `if not user`, `if user is None`."""
    if not isinstance(step, Test):
        return False
    match step.value:
        case Name() | Not(Name()):
            return True
        case Compare(Name(left), "is" | "is not", _):
            return left == name
    return False


def returns_name(step: Step, name: str) -> bool:
    """Whether a step returns an object as it is, or in a list or dict."""
    if not isinstance(step, Leave) or step.value is None:
        return False
    items = step.value.items if isinstance(step.value, Collection) else (step.value,)
    return any(is_name(one, name) for one in items)


def is_name(expression: Expression, name: str) -> bool:
    """Whether an expression is a name."""
    return isinstance(expression, Name) and expression.id == name


def calls_in(step: Step) -> Iterator[Call]:
    """The calls that a step makes."""
    for expression in expressions_in(step):
        yield from (one for one in subexpressions(expression) if isinstance(one, Call))


def calls_of_graph(graph: Graph) -> Iterator[Call]:
    """The calls of all steps of a function."""
    for node in graph.nodes:
        yield from calls_in(node.step)
