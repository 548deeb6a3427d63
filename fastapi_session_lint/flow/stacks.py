"""Where a session is entered into an exit stack whose own block closes it: `with ExitStack() as stack`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.steps import Enter, Graph
from fastapi_session_lint.model.expressions import Attribute, Name
from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.values import LibraryObject, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles

_NOWHERE: Mapping[int, int] = MappingProxyType({})


def stacked(graph: Graph, scope: Scope, roles: Roles) -> Mapping[int, int]:
    """The block that leaves what is entered at a place; none where the stack may be handed on by `pop_all`."""
    if not isinstance(scope.owner, Function):
        return _NOWHERE
    bound = scope.owner.bindings
    methods = [(call.place, call.function) for call in scope.owner.calls if isinstance(call.function, Attribute)]
    entering = [one for one in methods if one[1].name in vocabulary.STACK_CLOSERS]
    if not entering or any(function.name == vocabulary.STACK_HAND_OVER for _, function in methods):
        return _NOWHERE
    blocks = {name: block for name, block in _stacks(graph, scope, roles) if len(bound.get(name, ())) == 1}
    return {
        place: blocks[function.value.id]
        for place, function in entering
        if isinstance(function.value, Name) and function.value.id in blocks
    }


def _stacks(graph: Graph, scope: Scope, roles: Roles) -> Iterator[tuple[str, int]]:
    """The stacks that have a name in their block, and the block."""
    for node in graph.nodes:
        if isinstance(node.step, Enter) and isinstance(node.step.item.target, Name):
            value = roles.value(node.step.item.context, scope)
            if isinstance(value, LibraryObject) and value.name in vocabulary.EXIT_STACKS:
                yield node.step.item.target.id, node.step.block
