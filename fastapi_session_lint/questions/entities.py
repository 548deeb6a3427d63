"""Which expressions give an ORM object of a session, and not a plain value, a row or a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Collection, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Class, Skipped
from fastapi_session_lint.project.values import Library, ModuleValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_STEPS = 12
"""How many names and methods a result may go through."""
_OTHER_RESULTS = frozenset({"with_entities", "add_columns", "add_entity", "mappings", "tuples", "columns"})
"""The methods of a query or result upon which it gives something else."""


class Entities:
    """The answer to "is this an object of that session", in one function; `names` stand for the session."""

    def __init__(self, context: Context, scope: Scope, names: frozenset[str]) -> None:
        self._context = context
        self._scope = scope
        self._names = names

    def is_one(self, expression: Expression) -> bool:
        """Whether an expression gives one object of the session, or None."""
        chain = self._chain(expression)
        methods = [method for method, _ in chain]
        if not chain or _OTHER_RESULTS.intersection(methods):
            return False
        first, last = methods[0], methods[-1]
        if first in vocabulary.ENTITY_GETTERS:
            return len(chain) == 1
        if not self._asks_for_entity(chain[0][1], first):
            return False
        if first == vocabulary.QUERY_METHOD or first in vocabulary.SCALAR_METHODS:
            return last in vocabulary.ONE_ROW_METHODS
        return last.startswith("scalar_") or (last in vocabulary.ONE_ROW_METHODS and "scalars" in methods)

    def added(self, call: Call) -> Iterator[str]:
        """The names of the objects that a call adds to the session."""
        match call:
            case Call(Attribute(owner, method), (given, *_)) if dotted(owner) in self._names:
                if method in vocabulary.ADDING_METHODS:
                    items = given.value.items if isinstance(given.value, Collection) else (given.value,)
                    yield from (one.id for one in items if isinstance(one, Name))

    def lets_go(self, call: Call) -> bool:
        """Whether a call takes an object out of the session."""
        match call:
            case Call(Attribute(owner, method)) if dotted(owner) in self._names:
                return method in vocabulary.DETACHING_METHODS
        return False

    # --- results ---

    def _chain(self, expression: Expression) -> list[tuple[str, Call]]:
        """The methods that lead from the session to a value, the session's own first; none where it is not followed."""
        found: list[tuple[str, Call]] = []
        for _ in range(_STEPS):
            match expression:
                case Await(value, _):
                    expression = value
                case Name(name) if (bound := self._bound(name)) is not None:
                    expression = bound
                case Call(Attribute(owner, method)):
                    found.append((method, expression))
                    if dotted(owner) in self._names:
                        return found[::-1]
                    expression = owner
                case _:
                    return []
        return []

    def _bound(self, name: str) -> Expression | None:
        """What a name of the function stands for that is bound once."""
        bound = self._context.names.bindings(self._scope).get(name, ())
        one = bound[0] if len(bound) == 1 else None
        return one.value if isinstance(one, Assigned) and one.via == "=" and one.position is None else None

    # --- statements ---

    def _asks_for_entity(self, call: Call, method: str) -> bool:
        if method == vocabulary.QUERY_METHOD:
            return len(call.arguments) == 1 and self._is_entity(call.arguments[0].value)
        return bool(call.arguments) and self._selects_entity(call.arguments[0].value)

    def _selects_entity(self, statement: Expression) -> bool:
        """`select(User).where(…)`, by a name as well."""
        for _ in range(_STEPS):
            match statement:
                case Name(name) if (bound := self._bound(name)) is not None:
                    statement = bound
                case Call(Attribute(owner, method), _) if not isinstance(self._library(statement), str):
                    if method in _OTHER_RESULTS:
                        return False
                    statement = owner
                case Call(_, (only,)):
                    return self._library(statement) in vocabulary.SELECTS and self._is_entity(only.value)
                case _:
                    return False
        return False

    def _library(self, expression: Expression) -> str | None:
        called = self._context.value(expression.function, self._scope) if isinstance(expression, Call) else None
        return called.name if isinstance(called, Library) else None

    def _is_entity(self, expression: Expression) -> bool:
        """Whether an expression names a class of the project: a column or a table is none."""
        names = self._context.names
        match expression:
            case Name(name):
                found = names.resolve(name, self._scope)
            case Attribute(owner, name):
                module = self._context.value(owner, self._scope)
                found = names.member(module.path, name) if isinstance(module, ModuleValue) else None
            case _:
                return False
        return found is not None and all(isinstance(one, Class | Skipped) for one in found[0])
