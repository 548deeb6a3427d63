"""What can follow what in a function, as long as nothing raises."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from fastapi_session_lint.flow.graph import RETURNED
from fastapi_session_lint.flow.steps import Graph


def following(graph: Graph, nodes: Iterable[int], barriers: Collection[int] = ()) -> frozenset[int]:
    """The nodes that can come after some others without an error; what lies behind a barrier is not looked for."""
    stack = [after for node in nodes for after in graph.nodes[node].next]
    found = set[int]()
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += () if node in barriers else graph.nodes[node].next
    return frozenset(found)


def is_always_met(graph: Graph, nodes: Collection[int]) -> bool:
    """Whether a function cannot return without having passed one of some nodes, as long as nothing raises."""
    if graph.entry in nodes:
        return True
    return graph.entry != RETURNED and RETURNED not in following(graph, (graph.entry,), nodes)
