"""Results that are read from the server while somebody goes through them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Collection,
    Constant,
    Expression,
    Name,
    dotted,
)
from fastapi_session_lint.model.syntax import Assigned
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import Library, LibraryObject, QueryValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_NAMES = 4
"""How many names a result may go through."""
_SQLITE = "sqlite"


class StreamedResults:
    """The answer to "does a commit end this result": on SQLite it does not, and ORM objects need `yield_per` for it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._engines = context.session_engines

    def source(self, iterable: Expression, session: str, scope: Scope) -> Note | None:
        """Where the rows that a loop goes through are asked for, if a session streams them."""
        call = self._asked(iterable, session, scope, _NAMES)
        if call is None or self._is_on_sqlite(session, scope):
            return None
        return self._context.note(scope, call.place, "the rows are read from the server bit by bit")

    def _asked(self, result: Expression, session: str, scope: Scope, names: int) -> Call | None:
        """The call of a session's method that gives a streamed result, behind the methods that pass it on."""
        match result:
            case Await(value, _):
                return self._asked(value, session, scope, names)
            case Name(name) if names:
                values = [self._asked(one, session, scope, names - 1) for one in self._bound(name, scope)]
                return values[0] if len(values) == 1 else None
            case Call(Name(function), (first, *_)) if function in vocabulary.PASSING_ITERATORS:
                return self._asked(first.value, session, scope, names)
            case Call(Attribute(owner, method)) if dotted(owner) == session:
                return result if self._streams(result, method, scope) else None
            case Call(Attribute(owner, method)) if method not in vocabulary.BUFFERING_METHODS:
                if method == vocabulary.STREAMING_OPTION and isinstance(self._context.value(owner, scope), QueryValue):
                    return result if self._is_of(owner, session, scope) else None
                return self._asked(owner, session, scope, names)
        return None

    def _bound(self, name: str, scope: Scope) -> Iterator[Expression]:
        for one in self._context.names.bindings(scope).get(name, ()):
            if isinstance(one, Assigned) and one.via == "=" and one.position is None:
                yield one.value

    def _is_of(self, query: Expression, session: str, scope: Scope) -> bool:
        value = self._context.value(query, scope)
        return isinstance(value, QueryValue) and dotted(value.subject) == session

    def _streams(self, call: Call, method: str, scope: Scope) -> bool:
        """Whether a method of a session that runs a statement streams the result."""
        if method not in vocabulary.STATEMENT_METHODS or not call.arguments:
            return False
        options = argument(call, vocabulary.OPTIONS_METHOD)
        if options is not None and _has_key(options):
            return True
        statement = call.arguments[0].value
        if any(_sets_option(part) for part in self._parts(statement, scope, _NAMES)):
            return True
        return method in vocabulary.STREAMING_METHODS and self._is_core(statement, scope, _NAMES)

    def _parts(self, expression: Expression, scope: Scope, names: int) -> Iterator[Expression]:
        """The parts of a statement, those included that names stand for."""
        for part in subexpressions(expression):
            yield part
            for bound in self._bound(part.id, scope) if isinstance(part, Name) and names else ():
                yield from self._parts(bound, scope, names - 1)

    def _is_core(self, statement: Expression, scope: Scope, names: int) -> bool:
        """Whether a statement gives plain rows: a text, or a select of tables."""
        match statement:
            case Name(name) if names:
                bound = list(self._bound(name, scope))
                return len(bound) == 1 and self._is_core(bound[0], scope, names - 1)
            case Call(function, arguments):
                called = self._context.value(function, scope)
                if isinstance(called, Library) and called.name in vocabulary.SELECTS and arguments:
                    return all(self._is_table(one.value, scope) for one in arguments)
                if isinstance(called, Library):
                    return called.name in vocabulary.CORE_STATEMENTS
                return isinstance(function, Attribute) and self._is_core(function.value, scope, names)
        return False

    def _is_table(self, expression: Expression, scope: Scope) -> bool:
        value = self._context.value(expression, scope)
        return isinstance(value, LibraryObject) and value.name in vocabulary.TABLES

    def _is_on_sqlite(self, session: str, scope: Scope) -> bool:
        engine = self._engines.of_name(session, scope)
        if engine is None or engine.call is None or engine.scope is None:
            return False
        url = argument(engine.call, "url", 0)
        address = self._context.engines.address(url, engine.scope) if url is not None else None
        return address is not None and address.text.startswith(_SQLITE)


def _has_key(options: Expression) -> bool:
    """`{"yield_per": 100}`."""
    keys = options.items[::2] if isinstance(options, Collection) and options.kind == "dict" else ()
    return any(isinstance(one, Constant) and one.value == vocabulary.STREAMING_OPTION for one in keys)


def _sets_option(part: Expression) -> bool:
    """`….execution_options(yield_per=100)`."""
    match part:
        case Call(Attribute(_, vocabulary.OPTIONS_METHOD)):
            return argument(part, vocabulary.STREAMING_OPTION) is not None
    return False
