"""Sessions that are made inside the very try whose finally closes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Await, Call, Expression, Name
from fastapi_session_lint.model.syntax import Assign, Assigned, Definition, Function, If, Statement, Suite, Try
from fastapi_session_lint.model.walk import all_expressions, expressions_of, statements, subexpressions, suites_of
from fastapi_session_lint.project.values import Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class MadeInside(NamedTuple):
    """A call that makes the session `name` inside a try; `is_first` where nothing comes before it there."""

    call: Call
    name: str
    is_first: bool


class HiddenFailures:
    """The question "what does a finally say when the session could not be made"."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def of(self, scope: Scope) -> Iterator[MadeInside]:
        """The sessions of a scope that their finally reads although they may not be there."""
        made = {id(one.call) for one in self._context.creations(scope)}
        seen = set[int]()
        for statement in scope.statements if made else ():
            if not isinstance(statement, Try) or not statement.finalbody:
                continue
            for one in _made_in(statement, made):
                is_first_bound = self._is_bound_only_within(one.name, statement, scope)
                if id(one.call) not in seen and is_first_bound and _needs(statement.finalbody, one.name):
                    seen.add(id(one.call))
                    yield one

    def _is_bound_only_within(self, name: str, statement: Try, scope: Scope) -> bool:
        """Whether a name is a scope's own and bound by assignments in a try statement alone."""
        if isinstance(scope.owner, Function) and name in scope.owner.outer_names:
            return False
        values = {id(one.value) for one in statements((statement,)) if isinstance(one, Assign)}
        definitions = self._context.names.bindings(scope).get(name, ())
        return bool(definitions) and all(_is_one_of(one, values) for one in definitions)


def _is_one_of(definition: Definition, values: set[int]) -> bool:
    return isinstance(definition, Assigned) and definition.via == "=" and id(definition.value) in values


def _made_in(statement: Try, made: set[int]) -> Iterator[MadeInside]:
    """The sessions that the body of a try assigns to a plain name."""
    for one in statements(statement.body):
        match one:
            case Assign((Name(name),), value, _) if (call := _call(value)) is not None and id(call) in made:
                yield MadeInside(call, name, one is statement.body[0])


def _call(value: Expression) -> Call | None:
    value = value.value if isinstance(value, Await) else value
    return value if isinstance(value, Call) else None


def _needs(suite: Suite, name: str) -> bool:
    """Whether a suite reads a name without a thought of its not being there."""
    if any(isinstance(one, Call) and _asks_for_names(one.function) for one in all_expressions(suite)):
        return False
    return _reads_unguarded(suite, name)


def _asks_for_names(function: Expression) -> bool:
    """`locals()`, `vars()` and their like."""
    return isinstance(function, Name) and function.id in vocabulary.NAME_TABLES


def _reads_unguarded(suite: Suite, name: str) -> bool:
    """Whether a suite reads a name on each way through it, with no handler around that would end the error."""
    for statement in suite:
        if any(isinstance(one, Name) and one.id == name for one in _parts(statement)):
            return True
        is_guarded = isinstance(statement, If) or (isinstance(statement, Try) and statement.handlers)
        if not is_guarded and any(_reads_unguarded(one, name) for one in suites_of(statement)):
            return True
    return False


def _parts(statement: Statement) -> Iterator[Expression]:
    return (part for one in expressions_of(statement) for part in subexpressions(one))
