"""Which rollback a handler can be given: one that always runs, one for a failed session alone, or none without thought.

A rollback takes back all that was not committed, also what went well before, and lets every loaded object expire;
to read one again is a query, which an async session refuses outside of `await`. After a failed flush or commit all that
has happened already, and the session says of itself that it is not active. Where another error is handled too, nothing
has, and then an unasked rollback does harm. After a statement that PostgreSQL has refused the session is active still.

Work that was done before the try, and is no concern of it, is lost as well. What goes on then as if it were there, and
commits, loses it without a word: what is tried goes into a savepoint then. Where that would not stand, another order is
due, and that is for somebody to think about.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.findings import Applicability, RepairKind
from fastapi_session_lint.flow.errors import takes_only_database_errors
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.uses import SAVEPOINT, Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.model.syntax import Assign, Do, Function, Handler, Raise, Return, Suite, Try
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.questions.followed import handing_places, lives
from fastapi_session_lint.questions.loaded_objects import LoadedObjects
from fastapi_session_lint.questions.nesting import can_be_nested, uses_in
from fastapi_session_lint.questions.pending_work import Pending, PendingWork, begins
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Failed(enum.Enum):
    """What has failed: a commit or a flush of the function's own, or in a callee that commits or only flushes."""

    COMMIT = enum.auto()
    FLUSH = enum.auto()
    COMMITTING_CALL = enum.auto()
    FLUSHING_CALL = enum.auto()
    STATEMENT = enum.auto()


_PART = frozenset({Failed.FLUSH, Failed.FLUSHING_CALL, Failed.STATEMENT})
"""What is a part of a transaction that somebody else commits."""
_LOSES = {
    Pending.NONE: frozenset[Failed](),
    Pending.UNSENT: frozenset({Failed.COMMITTING_CALL, Failed.FLUSHING_CALL, Failed.STATEMENT}),
    Pending.SENT: _PART | {Failed.COMMITTING_CALL},
    Pending.BOTH: _PART | {Failed.COMMITTING_CALL},
}
"""What loses pending work that is no concern of it: a commit or flush of the function's own is there for it."""


class Remedy(NamedTuple):
    """What to ask for, and how far it may be trusted; `savepoint` is what is rolled back in place of the session."""

    kind: RepairKind
    limit: Applicability
    savepoint: str | None = None


ROLLBACK = Remedy(RepairKind.ADD_ROLLBACK, Applicability.UNSAFE)
ROLLBACK_IF_FAILED = Remedy(RepairKind.ADD_ROLLBACK_IF_FAILED, Applicability.UNSAFE)
BY_HAND = Remedy(RepairKind.ADD_ROLLBACK, Applicability.DISPLAY)
NEST = Remedy(RepairKind.ADD_SAVEPOINT, Applicability.UNSAFE)


def remedy(context: Context, life: Life, name: str, is_async: bool, handler: int, failed: Failed) -> Remedy:
    """The rollback for the handler at a place, where this has failed."""
    owner = life.scope.owner
    found = next(_attempts(owner.body, handler), None) if isinstance(owner, Function) else None
    if found is None:
        return BY_HAND
    statement, caught = found
    if (savepoint := _savepoint(life, statement)) is not None:
        return BY_HAND._replace(savepoint=savepoint)
    objects = LoadedObjects(context, life.scope, life.graph, name)
    pending = PendingWork(context, life, objects).before(statement, caught)
    loses = failed in _LOSES[pending] or (failed in _PART and _callers_lose(context, life.scope))
    uses = uses_in(life, statement)
    if _is_in_block(context, life, name, uses):
        return _nested(context, life, found, objects, is_async)
    if loses and not _commits(life, statement):
        # A savepoint begins with a flush: where that is what fails, nothing is won.
        is_first = failed is Failed.FLUSH and pending is Pending.BOTH
        return BY_HAND if is_first else _nested(context, life, found, objects, is_async)
    heads = {at for at, node in enumerate(life.graph.nodes) if begins(node.step, caught)}
    expires = is_async and objects.are_read_after(heads)
    if failed is not Failed.STATEMENT and takes_only_database_errors(caught.types, life.scope, context.roles):
        refused = [use for use in uses if _may_be_refused(use)] if expires else []
        if not refused:
            return ROLLBACK
        if any(context.writing.is_write(use, life.scope) for use in refused if use.action is Action.EXECUTE):
            return BY_HAND  # that one is refused more likely, and then the session has not failed
    # The caller of a helper may have written something, and may hold objects that would expire.
    is_own = life.is_made or context.framework.is_route(life.scope)
    if is_own and pending is Pending.NONE and not expires:
        return ROLLBACK
    if failed is Failed.STATEMENT:
        return _nested(context, life, found, objects, is_async)
    return ROLLBACK_IF_FAILED


def _attempts(suite: Suite, handler: int) -> Iterator[tuple[Try, Handler]]:
    """The try statement that has the handler at a place, with that handler."""
    for statement in statements(suite):
        if isinstance(statement, Try):
            yield from ((statement, one) for one in statement.handlers if one.place == handler)


def _commits(life: Life, statement: Try) -> bool:
    """Whether a try statement always commits by itself, so that what came before it is what it is there for."""
    places = life.scope.module.places
    commits = [places[use.place] for use in uses_in(life, statement) if use.action is Action.COMMIT]
    plain = [places[one.place] for one in statement.body if isinstance(one, Do | Assign | Return)]
    return any(one.row <= commit.row and commit.end <= one.end for one in plain for commit in commits)


def _is_in_block(context: Context, life: Life, name: str, uses: list[Use]) -> bool:
    """Whether a try statement is in a block of `begin()`, also that of a dependency, which a rollback would end."""
    if context.transactions.begun_outside(life.scope, name) is not None:
        return True
    tried = (moment for moment in life.moments if moment.use in uses)
    return any(context.transactions.begins_around(life, moment.before) for moment in tried)


def _may_be_refused(use: Use) -> bool:
    """Whether the database may refuse a statement by itself, which lets nothing expire."""
    return use.kind is UseKind.PASS or use.action in (Action.EXECUTE, Action.READ)


def _nested(context: Context, life: Life, found: tuple[Try, Handler], objects: LoadedObjects, is_async: bool) -> Remedy:
    """A savepoint for what a try statement does, where that ends no transaction.

    Undoing one lets those objects expire that were changed in it; which are, is not known of what a callee writes.
    And another handler that goes on may mean to keep what was done before its error.
    """
    statement, caught = found
    uses = uses_in(life, statement)
    if not can_be_nested(context, life.scope, uses) or context.writes.is_on_autocommit_engine(life):
        return BY_HAND
    work = PendingWork(context, life, objects)
    is_known = not work.changes_in(statement) and all(use.effect is None for use in uses)
    others = [one for one in statement.handlers if one is not caught and not _is_undone(context, life, one)]
    is_kept = any(others) and any(use.kind is UseKind.PASS or work.writes(use) for use in uses)
    return NEST._replace(limit=Applicability.DISPLAY) if is_kept or (is_async and not is_known) else NEST


def _is_undone(context: Context, life: Life, handler: Handler) -> bool:
    """Whether a handler raises in the end, or has errors of the database alone."""
    is_raised = isinstance(handler.body[-1], Raise)
    return is_raised or takes_only_database_errors(handler.types, life.scope, context.roles)


def _callers_lose(context: Context, scope: Scope) -> bool:
    """Whether a caller is known to have done work, which it has yet to commit, when it hands its session over."""
    for caller in context.framework.callers(scope):
        for name, _, life in () if context.is_test(caller) else lives(context, caller):
            places = handing_places(life, scope)
            calls = {moment.point.node for moment in life.moments if moment.use.place in places}
            objects = LoadedObjects(context, caller, life.graph, name)
            if calls and PendingWork(context, life, objects).reaches(calls):
                return True
    return False


def _savepoint(life: Life, statement: Try) -> str | None:
    """The variable that keeps the savepoint in which a try statement works, if it does.

    What else the transaction has done goes on where only that is rolled back.
    """
    places = life.scope.module.places
    start, end = places[statement.place], places[statement.handlers[0].place]
    for moment in life.moments:
        if moment.use.place != NOWHERE and start < places[moment.use.place] < end:
            for name in sorted(moment.before.names):
                if name.endswith(f">{SAVEPOINT}"):
                    return name.partition(">")[0]
    return None
