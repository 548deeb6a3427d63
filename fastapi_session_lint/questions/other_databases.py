"""Whether a test on the way to a call says that its database is another than SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Choice,
    Compare,
    Constant,
    Expression,
    Logic,
    Name,
    Not,
)
from fastapi_session_lint.model.syntax import Assigned, If, Raise, Return, Statement, Suite
from fastapi_session_lint.model.walk import all_expressions, expressions_of, subexpressions, suites_of
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.vocabulary import DATABASE_DIALECTS

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SQLITE = "sqlite"
_DEPTH = 4


class Excluded(NamedTuple):
    """In which outcome of a test the database is not SQLite."""

    where_true: bool
    where_false: bool


_NEITHER = Excluded(False, False)


def is_another(context: Context, call: Call, scope: Scope) -> bool:
    """Whether a call is only reached where some test has found no SQLite: `if url.startswith("sqlite"): … else: …`."""
    return _Way(context, call, scope).excludes(scope.body)


class _Way:
    """The statements and expressions around one call."""

    def __init__(self, context: Context, call: Call, scope: Scope) -> None:
        self._context = context
        self._call = call
        self._scope = scope

    def excludes(self, suite: Suite) -> bool:
        """Whether the call is in a suite, behind a test that leaves no SQLite."""
        for statement in suite:
            within = next((one for one in suites_of(statement) if self._has(one)), None)
            if within is not None:
                return self._by_branch(statement, within) or self.excludes(within)
            if any(self._is_in(one) for one in expressions_of(statement)):
                return any(self._by_choice(one) for one in expressions_of(statement))
            if isinstance(statement, If) and _ends(statement.body) and self._test(statement.test).where_false:
                return any(self._has((one,)) for one in suite)
        return False

    def _has(self, suite: Suite) -> bool:
        return any(one is self._call for one in all_expressions(suite))

    def _is_in(self, expression: Expression) -> bool:
        return any(one is self._call for one in subexpressions(expression))

    def _by_branch(self, statement: Statement, within: Suite) -> bool:
        if not isinstance(statement, If):
            return False
        excluded = self._test(statement.test)
        return excluded.where_true if within is statement.body else excluded.where_false

    def _by_choice(self, expression: Expression) -> bool:
        """The same for `a if test else b`."""
        for part in subexpressions(expression):
            if isinstance(part, Choice):
                excluded = self._test(part.test)
                if (excluded.where_true and self._is_in(part.body)) or (
                    excluded.where_false and self._is_in(part.orelse)
                ):
                    return True
        return False

    def _test(self, test: Expression, depth: int = 0) -> Excluded:
        match test:
            case Not(value):
                excluded = self._test(value, depth)
                return Excluded(excluded.where_false, excluded.where_true)
            case Logic("and", left, right):
                return Excluded(any(self._test(one, depth).where_true for one in (left, right)), False)
            case Call(Attribute(_, "startswith"), (first,), _):
                return _named(first.value)
            case Compare(Constant() as left, "in", _):
                return _named(left)
            case Compare(_, "==", Constant() as right):
                return _named(right)
            case Compare(_, "!=", Constant() as right):
                excluded = _named(right)
                return Excluded(excluded.where_false, excluded.where_true)
            case Name(name) if depth < _DEPTH:
                return self._of_name(name, depth)
        return _NEITHER

    def _of_name(self, name: str, depth: int) -> Excluded:
        """A test that was given a name: `is_sqlite = url.startswith("sqlite")`."""
        found = self._context.names.resolve(name, self._scope)
        if found is None or len(found[0]) != 1:
            return _NEITHER
        definition = found[0][0]
        if not isinstance(definition, Assigned) or definition.via != "=":
            return _NEITHER
        return self._test(definition.value, depth + 1)


def _named(expression: Expression) -> Excluded:
    """What it means that an address begins with a text, or has it in it."""
    text = expression.value if isinstance(expression, Constant) and expression.kind == "text" else None
    if not isinstance(text, str):
        return _NEITHER
    dialect = text.partition(":")[0].partition("+")[0]
    if dialect == _SQLITE:
        return Excluded(False, text.rstrip(":/") == _SQLITE)
    return Excluded(dialect in DATABASE_DIALECTS, False)


def _ends(suite: Suite) -> bool:
    return bool(suite) and isinstance(suite[-1], Return | Raise)
