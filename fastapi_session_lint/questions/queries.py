"""Where a function sends the queries that were built, and what it goes through in place.

A Query of SQLAlchemy, like a generator, does nothing until somebody asks it for its rows.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Comprehension,
    Expression,
    Name,
    Starred,
    Subscript,
    Yield,
    dotted,
    last_name,
)
from fastapi_session_lint.model.syntax import Assigned, For, Function, Parameter, Statement
from fastapi_session_lint.model.walk import expressions_of, subexpressions
from fastapi_session_lint.project.arguments import parameter_for
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import FunctionValue, QueryValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Sent(NamedTuple):
    """A query is sent: `query` is the expression, `text` what is done, `call` the call that does it, if one does.

    `name` is the session's in the function, None where it is not seen there.
    """

    place: int
    text: str
    query: Expression
    name: str | None
    call: Call | None = None


class Queries:
    """The questions about queries and generators."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sent: dict[int, tuple[Sent, ...]] = {}
        self._gone_through: dict[int, frozenset[int]] = {}

    def sent(self, scope: Scope) -> tuple[Sent, ...]:
        """The queries that a function sends, in the order of its statements."""
        if id(scope) not in self._sent:
            may_send = isinstance(scope.owner, Function) and self._are_built
            self._sent[id(scope)] = tuple(self._find(scope)) if may_send else ()
        return self._sent[id(scope)]

    def is_built_only(self, call: Call, scope: Scope) -> bool:
        """Whether a call does no more than build a query."""
        return isinstance(self._context.value(call, scope), QueryValue)

    def is_never_run(self, call: Call, scope: Scope) -> bool:
        """Whether a call only makes a generator, which this function does not go through."""
        function = self._context.value(call.function, scope)
        if not isinstance(function, FunctionValue) or not function.function.is_generator:
            return False
        return not self._context.framework.is_manager(function.scope) and id(call) not in self.gone_through(scope)

    def gone_through(self, scope: Scope) -> frozenset[int]:
        """The identities of the expressions whose items a function takes, there and then."""
        if id(scope) not in self._gone_through:
            found = frozenset[int]()
            if isinstance(scope.owner, Function):
                found = frozenset(id(one) for _, one in self._iterated(scope) for one in self._origins(one, scope))
            self._gone_through[id(scope)] = found
        return self._gone_through[id(scope)]

    @functools.cached_property
    def _are_built(self) -> bool:
        """Whether the project builds a query at all; one of async sessions need not be looked through."""
        return any(
            self.is_built_only(call, scope)
            for scope in self._context.names.functions
            if self._context.contents.calls_any(_BEGINNING, scope)
            for call in calls_of(scope)
            if last_name(call.function) == vocabulary.QUERY_METHOD
        )

    def _find(self, scope: Scope) -> Iterator[Sent]:
        assert isinstance(scope.owner, Function)
        for call in scope.owner.calls:
            match call.function:
                case Attribute(query, method) if method in vocabulary.QUERY_RUNNERS and self._is_query(query, scope):
                    yield Sent(call.place, f"{_text(query)}.{method}()", query, self._name(query, scope), call)
                case _:
                    yield from self._handed(call, scope)
        for statement, query in self._iterated(scope):
            if self._is_query(query, scope):
                place = next((one.place for one in subexpressions(query) if isinstance(one, Call)), statement.place)
                yield Sent(place, _text(query), query, self._name(query, scope))

    def _handed(self, call: Call, scope: Scope) -> Iterator[Sent]:
        """The queries that a call hands to a plain function, which sends them."""
        for one in call.arguments:
            if not isinstance(one.value, Call | Name) or one.star or not self._is_query(one.value, scope):
                continue
            function = self._context.value(call.function, scope)
            if isinstance(function, FunctionValue) and not function.function.is_async:
                taking = parameter_for(one, function.function, call, function.receiver is not None)
                if taking is not None and self._sends(taking, function.scope):
                    text = f"{_text(call.function)}({_text(one.value)})"
                    yield Sent(call.place, text, one.value, self._name(one.value, scope))

    def _sends(self, parameter: Parameter, scope: Scope) -> bool:
        """Whether a function asks for the rows of a query that it is given, there and then."""
        assert isinstance(scope.owner, Function)
        if scope.owner.is_generator:
            return False
        run = (
            one.function.value
            for one in scope.owner.calls
            if isinstance(one.function, Attribute) and one.function.name in vocabulary.QUERY_RUNNERS
        )
        gone_through = (one for _, one in self._iterated(scope))
        return any(_is_built_on(one, parameter.name) for one in (*run, *gone_through))

    def _is_query(self, expression: Expression, scope: Scope) -> bool:
        return isinstance(self._context.value(expression, scope), QueryValue)

    def _iterated(self, scope: Scope) -> Iterator[tuple[Statement, Expression]]:
        assert isinstance(scope.owner, Function)
        for statement in scope.statements:
            if isinstance(statement, For):
                yield from ((statement, one) for one in _unwrapped(statement.iterable))
            for expression in expressions_of(statement):
                for part in subexpressions(expression):
                    if type(part) in _TAKING:
                        yield from ((statement, one) for taken in self._taken(part) for one in _unwrapped(taken))

    def _taken(self, expression: Expression) -> Iterator[Expression]:
        """The parts of an expression of which it takes the items."""
        match expression:
            case Comprehension(_, _, generators):
                yield from (one.iterable for one in generators)
            case Starred(value) | Subscript(value, _):
                yield value
            case Yield(value, True, _) if value is not None:
                yield value
            case Call(Name(name), arguments, _) if name in vocabulary.CONSUMERS and arguments:
                yield arguments[0].value
            case Call(Attribute(_, name), arguments, _) if name in vocabulary.CONSUMING_METHODS and arguments:
                yield arguments[0].value

    def _origins(self, expression: Expression, scope: Scope) -> Iterator[Expression]:
        """An expression and, where it is a name of the function, what is assigned to it."""
        yield expression
        if isinstance(expression, Name):
            for one in self._context.names.bindings(scope).get(expression.id, ()):
                if isinstance(one, Assigned) and one.via == "=":
                    yield one.value

    # --- whose query ---

    def _name(self, query: Expression, scope: Scope) -> str | None:
        """What the function calls the session of a query: where it was begun, else what a helper was given for it.

        Of a query that a method of an object begins it is the session which the object keeps.
        """
        value = self._context.value(query, scope)
        assert isinstance(value, QueryValue)
        if value.scope is scope:
            return dotted(value.subject)
        for origin in self._origins(self._beginning(query, scope), scope):
            root = self._beginning(origin, scope)
            for one in root.arguments if isinstance(root, Call) else ():
                if self._context.session(one.value, scope) is not None:
                    return dotted(one.value)
            if (kept := self._kept(root, value, scope)) is not None:
                return kept
        return None

    def _kept(self, root: Expression, query: QueryValue, scope: Scope) -> str | None:
        """`repo.db` for `repo.query()`, whose method begins a query of `self.db`."""
        match root:
            case Call(Attribute(owner, _)) if query.scope.enclosing_class is not None:
                method, name = self._context.value(root.function, scope), dotted(owner)
                begun = query.scope.owner
                if not isinstance(method, FunctionValue) or not isinstance(begun, Function) or not begun.parameters:
                    return None
                receiver, _, attribute = (dotted(query.subject) or "").partition(".")
                is_own = receiver == begun.parameters[0].name and bool(attribute)
                is_same = method.scope.enclosing_class is query.scope.enclosing_class
                return f"{name}.{attribute}" if name is not None and is_own and is_same else None
        return None

    def _beginning(self, query: Expression, scope: Scope) -> Expression:
        """What a chain of methods of a query hangs on: a name, or the call that gives the query."""
        while isinstance(query, Call) and isinstance(query.function, Attribute):
            if not self._is_query(query.function.value, scope):
                break
            query = query.function.value
        return query


def _is_built_on(query: Expression, name: str) -> bool:
    """Whether an expression is a name, or a chain of methods of it that add to a query."""
    while isinstance(query, Call) and isinstance(query.function, Attribute):
        if query.function.name in vocabulary.QUERY_RUNNERS | vocabulary.QUERY_PARTS:
            return False
        query = query.function.value
    return isinstance(query, Name) and query.id == name


def _unwrapped(expression: Expression) -> Iterator[Expression]:
    """What is gone through with an expression: the arguments of `enumerate`, `zip` and their like too."""
    yield expression
    match expression:
        case Call(Name(name), arguments, _) if name in vocabulary.PASSING_ITERATORS:
            for one in arguments:
                yield from _unwrapped(one.value)


def _text(expression: Expression) -> str:
    """A chain of calls by its beginning: `db.query()`."""
    text = dotted(expression)
    while text is None and isinstance(expression, Call | Attribute):
        inner = expression.function if isinstance(expression, Call) else expression.value
        text = f"{found}()" if isinstance(expression, Call) and (found := dotted(inner)) else None
        expression = inner
    return text or "query"


_TAKING = frozenset({Comprehension, Starred, Subscript, Yield, Call})
"""What may take the items of a part of it."""
_BEGINNING: Wanted = frozenset({vocabulary.QUERY_METHOD})
