"""Which kind of session a branch has to do with, where a test asks what it is: `isinstance(db, AsyncSession)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.model.expressions import Argument, Call, Expression, Name, Not, dotted
from fastapi_session_lint.model.syntax import If, Suite
from fastapi_session_lint.model.walk import all_expressions
from fastapi_session_lint.project.values import Scope, SessionClass

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class AskedKinds:
    """The answer to "is this session async here, as a test around the call tells"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memo: dict[int, dict[int, bool]] = {}

    def of(self, call: Call, scope: Scope) -> bool | None:
        """Whether the session whose method is called is async; None where no test asks that."""
        if id(scope) not in self._memo:
            self._memo[id(scope)] = dict(self._asked(scope))
        return self._memo[id(scope)].get(id(call))

    def _asked(self, scope: Scope) -> Iterator[tuple[int, bool]]:
        """The calls of a function's branches by identity, outer branches first."""
        for statement in scope.statements:
            if isinstance(statement, If) and (found := self._kind(statement.test, scope)) is not None:
                name, is_async = found
                yield from ((id(one), is_async) for one in _calls_on(name, statement.body))
                yield from ((id(one), not is_async) for one in _calls_on(name, statement.orelse))

    def _kind(self, test: Expression, scope: Scope) -> tuple[str, bool] | None:
        match test:
            case Not(inner):
                found = self._kind(inner, scope)
                return None if found is None else (found[0], not found[1])
            case Call(Name("isinstance"), (Argument(None, asked, _), Argument(None, kind, _))):
                name, value = dotted(asked), self._context.value(kind, scope)
                return (name, value.is_async) if name is not None and isinstance(value, SessionClass) else None
        return None


def _calls_on(name: str, suite: Suite) -> Iterator[Call]:
    """The calls of methods of what has a name."""
    for one in all_expressions(suite):
        if isinstance(one, Call) and (dotted(one.function) or "").rpartition(".")[0] == name:
            yield one
