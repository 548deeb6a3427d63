"""Which rollback a handler can be given: one that always runs, one for a failed session alone, or none without thought.

A rollback takes back all that was not committed, also what went well before, and lets every loaded object expire;
to read one again is a query, which an async session refuses outside of `await`. After a failed flush or commit all that
has happened already. Where another error is handled too, nothing has, and then an unasked rollback does harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.findings import Applicability, RepairKind
from fastapi_session_lint.flow.errors import takes_only_database_errors
from fastapi_session_lint.flow.lives import Life, Moment
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Attribute, Name
from fastapi_session_lint.model.syntax import For, Function, Handler, Statement, Suite, Try, While
from fastapi_session_lint.model.walk import expressions_of, subexpressions, suites_of
from fastapi_session_lint.project.values import ClassValue, FunctionValue, Library, LibraryObject, ModuleValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Remedy(NamedTuple):
    """What to ask for, and how far it may be trusted."""

    kind: RepairKind
    limit: Applicability


ROLLBACK = Remedy(RepairKind.ADD_ROLLBACK, Applicability.UNSAFE)
ROLLBACK_IF_FAILED = Remedy(RepairKind.ADD_ROLLBACK_IF_FAILED, Applicability.UNSAFE)
BY_HAND = Remedy(RepairKind.ADD_ROLLBACK, Applicability.DISPLAY)


class _Attempt(NamedTuple):
    """A try statement with one of its handlers, and the outermost loop of its function around it."""

    statement: Try
    handler: Handler
    loop: Statement | None


def remedy(context: Context, life: Life, name: str, is_async: bool, handler: int, *, only_failed: bool) -> Remedy:
    """The rollback for the handler at a place; `only_failed` says that a failed commit or flush alone matters there.

    The session says of itself that it is not active after such a failure; after a statement that PostgreSQL has refused
    it does not.
    """
    owner = life.scope.owner
    found = next(_attempts(owner.body, handler), None) if isinstance(owner, Function) else None
    if found is None:
        return BY_HAND
    if takes_only_database_errors(found.handler.types, life.scope, context.roles):
        return ROLLBACK
    if not _is_pending(context, life, found) and not (is_async and _is_read_later(context, life.scope, name, found)):
        return ROLLBACK
    return ROLLBACK_IF_FAILED if only_failed else BY_HAND


def _attempts(suite: Suite, handler: int, loop: Statement | None = None) -> Iterator[_Attempt]:
    """The try statement that has the handler at a place."""
    for statement in suite:
        around = loop or (statement if isinstance(statement, For | While) else None)
        if isinstance(statement, Try):
            yield from (_Attempt(statement, one, loop) for one in statement.handlers if one.place == handler)
        for inner in suites_of(statement):
            yield from _attempts(inner, handler, around)


# --- what a rollback takes back ---


def _is_pending(context: Context, life: Life, attempt: _Attempt) -> bool:
    """Whether the session may have writes from before the try, which go on as if nothing had happened.

    The caller of a helper may have written something, and may hold objects that would expire.
    """
    inside = [one for one in life.moments if _is_inside(context, life.scope, attempt, one)]
    if not inside:
        return True
    first = min(context.span(life.scope, one.use.place) for one in inside)
    if any(one.before.status is Status.DIRTY for one in inside if context.span(life.scope, one.use.place) == first):
        return True
    return not (life.is_made or context.framework.is_route(life.scope))


def _is_inside(context: Context, scope: Scope, attempt: _Attempt, moment: Moment) -> bool:
    if moment.use.kind not in (UseKind.ACT, UseKind.PASS):
        return False
    start = context.span(scope, attempt.statement.place)
    end = context.span(scope, attempt.statement.handlers[0].place)
    return start < context.span(scope, moment.use.place) < end


# --- what a rollback lets expire ---


def _is_read_later(context: Context, scope: Scope, session: str, attempt: _Attempt) -> bool:
    """Whether anything that may be an object of the session is looked into in the handler or after it."""
    owned = {session.partition(".")[0], attempt.handler.name, *_receiver(scope)}
    read = {root for statement in _later(context, scope, attempt) for root in _looked_into(statement)}
    return any(_may_be_loaded(context, scope, name) for name in read - owned)


def _receiver(scope: Scope) -> Iterator[str]:
    """The first parameter of a method."""
    if isinstance(scope.owner, Function) and scope.enclosing_class is not None:
        yield from (one.name for one in scope.owner.parameters[:1])


def _later(context: Context, scope: Scope, attempt: _Attempt) -> Iterator[Statement]:
    assert isinstance(scope.owner, Function)
    start = context.span(scope, attempt.handler.place)
    if attempt.loop is not None:
        start = min(start, context.span(scope, attempt.loop.place))
    return (one for one in scope.statements if context.span(scope, one.place) > start)


def _looked_into(statement: Statement) -> Iterator[str]:
    """The names of which an attribute is read, or a method called."""
    for expression in expressions_of(statement):
        for part in subexpressions(expression):
            if isinstance(part, Attribute) and isinstance(part.value, Name):
                yield part.value.id


def _may_be_loaded(context: Context, scope: Scope, name: str) -> bool:
    """Whether a variable of the function may hold an object that a session has loaded."""
    found = context.names.lookup(name, scope)
    if found is None or found[1] is not scope:
        return False
    known = context.value(Name(name), scope)
    return not isinstance(known, ClassValue | FunctionValue | Library | LibraryObject | ModuleValue)
