"""Which facts can still matter at a node: those on a name that some test asks about before it is bound anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fastapi_session_lint.flow.facts import tracked_names
from fastapi_session_lint.flow.states import State
from fastapi_session_lint.flow.steps import Bind, Catch, Clear, Forget, Graph, Node, Test
from fastapi_session_lint.model.expressions import Collection, Expression, Name, dotted
from fastapi_session_lint.model.walk import subexpressions


class Liveness:
    """The names of a graph whose tests may hang together, `tracked`, and those whose facts matter at each node."""

    def __init__(self, graph: Graph) -> None:
        self.tracked = tracked_names(graph)
        self._graph = graph
        self._live = self._solved() if self.tracked else {}

    def kept(self, state: State, node: int) -> State:
        """The state at a node, without the facts that nothing asks about any more; loops keep count of themselves."""
        if not state.facts:
            return state
        live = self._live.get(node, frozenset())
        facts = frozenset(one for one in state.facts if one[0] not in self.tracked or one[0] in live)
        return state if len(facts) == len(state.facts) else state._replace(facts=facts)

    def _solved(self) -> dict[int, frozenset[str]]:
        nodes = self._graph.nodes
        before = defaultdict(set)
        for at, node in enumerate(nodes):
            for one in {*node.next, node.error}:
                before[one].add(at)
        live = {at: self._asked(node) for at, node in enumerate(nodes)}
        queue = [at for at, names in live.items() if names]
        while queue:
            at = queue.pop()
            for one in before[at]:
                added = live[at] - self._bound(nodes[one]) - live[one]
                if added:
                    live[one] |= added
                    queue.append(one)
        return live

    def _asked(self, node: Node) -> frozenset[str]:
        match node.step:
            case Test(value, _):
                return frozenset(_names(value)) & self.tracked
            case Bind(_, value, _):
                return frozenset(_names(value)) & self.tracked
        return frozenset()

    def _bound(self, node: Node) -> frozenset[str]:
        match node.step:
            case Bind(targets, value, _):
                return frozenset(_targets(targets)) - frozenset(_names(value))
            case Forget(targets):
                return frozenset(_targets(targets))
            case Clear(names):
                return frozenset(names)
            case Catch(handler) if handler.name:
                return frozenset({handler.name})
        return frozenset()


def _targets(targets: tuple[Expression, ...]) -> Iterator[str]:
    for target in targets:
        if isinstance(target, Collection):
            yield from _targets(target.items)
        elif isinstance(target, Name):
            yield target.id


def _names(value: Expression) -> Iterator[str]:
    for part in subexpressions(value):
        if (name := dotted(part)) is not None:
            yield name
