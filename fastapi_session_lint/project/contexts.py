"""What the resolvers of a GraphQL library find in `info.context`: what the project's context getters give."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Call, Expression
from fastapi_session_lint.project.combining import combine, given
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import FunctionValue, Library, Scope, Value

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles


class Contexts:
    """The answer to "what is the context of a resolver", the same for all: where getters differ, it is not known.

    Source: https://strawberry.rocks/docs/integrations/fastapi#context_getter
    """

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def getters(self) -> Iterator[tuple[Scope, Expression]]:
        """What the routers for GraphQL are given as their `context_getter`, and where."""
        for scope, call, getter in self._calls:
            router = self._roles.value(call.function, scope)
            if isinstance(router, Library) and router.name in vocabulary.GRAPHQL_ROUTERS:
                yield scope, getter

    def value(self) -> Value | None:
        """What all the getters make; a test that has one of its own says nothing of what the application does."""
        is_test = self._roles.names.imports.is_test
        getters = [(scope, getter) for scope, getter in self.getters() if not is_test(scope.module.path)]
        made = [self._made_by(self._roles.value(getter, scope)) for scope, getter in getters]
        return combine(made) if None not in made else None

    def _made_by(self, getter: Value | None) -> Value | None:
        return given(self._roles.call_result(getter)) if isinstance(getter, FunctionValue) else None

    @functools.cached_property
    def _calls(self) -> list[tuple[Scope, Call, Expression]]:
        """The calls that have such an option, by whatever is called."""
        return [
            (scope, call, getter)
            for scope in self._roles.names.all_scopes()
            for call in (scope.module.calls if scope.owner is None else scope.owner.calls)
            if (getter := argument(call, vocabulary.CONTEXT_GETTER)) is not None
        ]
