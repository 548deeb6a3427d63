"""Which expressions stand where in the graph of a function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fastapi_session_lint.flow.steps import Enter, Exit, Graph, Step
from fastapi_session_lint.model.expressions import Expression, Name, dotted
from fastapi_session_lint.model.walk import subexpressions


def expressions_in(step: Step) -> Iterator[Expression]:
    """The expressions that a step evaluates."""
    if isinstance(step, Enter):
        yield step.item.context
        return
    for name in ("iterable", "value"):
        value: Expression | None = getattr(step, name, None)
        if value is not None:
            yield value
    yield from (one for one in getattr(step, "targets", ()) if not isinstance(one, Name))


def nodes_by_expression(graph: Graph) -> dict[int, list[int]]:
    """The nodes at which each expression stands, by its identity."""
    found: dict[int, list[int]] = defaultdict(list)
    for at, node in enumerate(graph.nodes):
        for expression in expressions_in(node.step):
            for part in subexpressions(expression):
                found[id(part)].append(at)
    return found


def exits_of(graph: Graph, name: str | None) -> frozenset[int]:
    """The nodes at which a block is left whose `with` binds a name."""
    blocks = {
        node.step.block
        for node in graph.nodes
        if isinstance(node.step, Enter) and node.step.item.target is not None
        if dotted(node.step.item.target) == name
    }
    return frozenset(
        at for at, node in enumerate(graph.nodes) if isinstance(node.step, Exit) and node.step.block in blocks
    )
