"""What a call says of the flags of a function: `commit=False`, or the default of a parameter that it leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from fastapi_session_lint.flow import facts
from fastapi_session_lint.flow.steps import Graph, Test
from fastapi_session_lint.model.expressions import Call, Constant, Expression
from fastapi_session_lint.model.syntax import Parameter
from fastapi_session_lint.project.arguments import argument_for
from fastapi_session_lint.project.libraries import has_stars
from fastapi_session_lint.project.values import FunctionValue, Scope

Flags: TypeAlias = frozenset[tuple[str, str]]
"""The parameters that are known to be true or false, as the facts of a state say it."""
NO_FLAGS: Flags = frozenset()


class Given:
    """The flags of functions, by their calls."""

    def __init__(self, graph: Callable[[Scope], Graph]) -> None:
        self._graph = graph
        self._tested: dict[int, tuple[Parameter, ...]] = {}

    def given(self, function: FunctionValue, call: Call) -> Flags:
        """What is known of the parameters that a function tests, when it is called so."""
        tested = self._of(function.scope)
        return frozenset(self._known(tested, function, call)) if tested and not has_stars(call) else NO_FLAGS

    def _known(self, tested: tuple[Parameter, ...], function: FunctionValue, call: Call) -> Iterator[tuple[str, str]]:
        for one in tested:
            passed = argument_for(one, function.function, call, function.receiver is not None)
            if (truth := _truth(one.default if passed is None else passed)) is not None:
                yield one.name, truth

    def _of(self, scope: Scope) -> tuple[Parameter, ...]:
        """The parameters of a function that a branch of it asks about."""
        if id(scope) not in self._tested:
            parameters = getattr(scope.owner, "parameters", ())
            steps = (one.step for one in self._graph(scope).nodes) if parameters else ()
            asked = {found[0] for one in steps if isinstance(one, Test) and (found := facts.tested(one.value))}
            self._tested[id(scope)] = tuple(one for one in parameters if one.name in asked)
        return self._tested[id(scope)]


def _truth(expression: Expression | None) -> str | None:
    match expression:
        case Constant("keyword", bool(value), _):
            return "true" if value else "false"
    return None
