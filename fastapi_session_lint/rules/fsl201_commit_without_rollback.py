"""An error of the database is swallowed, and the session goes on in its failed transaction without `rollback()`.

## What it does

Reports the first `commit()` or `flush()` of a try block whose handler swallows the error, or of a `with suppress(...)`,
when the session is used again after it, goes back to a caller who goes on with it, or lives on, and no `rollback()` or
`close()` came first.
Also reported: a handler that writes, queries or commits before it rolls back, even if it raises in the end; a loop
that goes on to the next item after a failed flush; an `execute()` whose error is swallowed with a `commit()` after it;
a helper that swallows the error where one of its callers goes on with the session; a commit on a module-wide,
class-wide or self-made long-lived session with no handler at all.

Not reported: a route or test that swallows the error and returns at once on a session that is only closed (*info* where
a helper does it and its callers are not all known); an error that a test expects (`pytest.raises`); a plain commit on a
session that somebody else closes, because closing rolls back; a try that stands outside the `with` that owns the
session; handlers that always raise, by themselves or by calling a function that never returns; a failed session that is
given to code which is not known, or whose function has a decorator that handles errors; handlers for errors that a
commit cannot raise, or whose types are not known; an error that a handler itself meets before its rollback;
`begin_nested()` and `session.begin()` blocks, which roll back by themselves, also where the error is swallowed within a
savepoint's block and the session used behind it, and a savepoint or transaction kept in a name, where the handler rolls
that back.

## Why is this bad?

After a failed flush or commit a session refuses to work until it is rolled back:

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

On a shared session one duplicate key makes every later request a 500 until the server is restarted. A swallowed
`execute()` is worse on PostgreSQL: the `commit()` after it reports success, the server rolls back, and what was
written before the failed statement is gone.

## Example

```python
import logging

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

logger = logging.getLogger(__name__)


def register(db: Session, name: str) -> int:
    try:
        db.execute(text("insert into users (name) values (:name)"), {"name": name})
        db.commit()
    except SQLAlchemyError:
        logger.exception("%s could not be registered", name)
    return db.scalar(text("select id from users where name = :name"), {"name": name})
```

## Use instead

```python
import logging

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

logger = logging.getLogger(__name__)


def register(db: Session, name: str) -> int:
    try:
        db.execute(text("insert into users (name) values (:name)"), {"name": name})
        db.commit()
    except SQLAlchemyError:
        db.rollback()
        logger.exception("%s could not be registered", name)
    return db.scalar(text("select id from users where name = :name"), {"name": name})
```

## Fix safety

The fix is unsafe: it puts `rollback()` first into the handler, which takes back what is left of the transaction.

A rollback does harm where the handler also takes errors that have nothing to do with the database: work from before the
`try` would be lost, and loaded objects expire, so that an async function that reads one of their attributes raises
`MissingGreenlet`. Where either may happen the fix is `if not db.is_active: db.rollback()`, since a session is
inactive after a failed flush or commit and after nothing else. Where a statement may be refused as well, which only
PostgreSQL holds against the transaction, that is reported next.

Where any rollback would lose more than the `try` is about without a word, since rows were written before it, by the
caller or in earlier rounds of a loop, and are to be committed later, the fix puts what is tried into a savepoint
(`with db.begin_nested():`), and the handler stays as it is. So it does in a block of `begin()`, also that of the
dependency, which a rollback would end, and for a statement that may be refused, or give no row, without any harm to
what was loaded or done before. That needs a `try` in which nothing commits, by a statement neither, and MySQL does so
for each that changes the schema. In async code undoing a savepoint lets the objects expire that were changed in it, so
that it is displayed only where these are not known; and where another handler goes on and may mean to keep the work.

A rollback is displayed only where neither will do: the callee commits, or the flush that fails is the one that is
there for the earlier rows. Where the savepoint is there already, in a variable, it is what is shown to be rolled back.

There is no fix where the session may be none: given as `db: Session | None`, and asked for or with another one that
stands in for it, `None` until the `try` makes it, or an attribute that the `try` asks for (`if self.db:`).

## When to switch it off

On a line where another function, which the linter cannot see, always rolls back.

## References

- [SQLAlchemy: transaction rolled back due to a previous exception during flush](https://docs.sqlalchemy.org/en/20/faq/sessions.html#this-session-s-transaction-has-been-rolled-back-due-to-a-previous-exception-during-flush-or-similar)
- [SQLAlchemy: using savepoints](https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#using-savepoint)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Note, Repair, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.failures import Failure


_LASTING = (
    "`{}` lives as long as the process and nothing rolls it back when this commit fails: "
    "every later use raises PendingRollbackError"
)


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL201; FSL101 owns a session that is never closed and whose commit is swallowed."""
    for scope in (*context.modules(), *context.functions()):
        shared = {call.place: name for call, name in context.unguarded_shared_commits(scope)}
        for failure in context.failures(scope):
            lasting = shared.pop(failure.place, None)
            yield _finding(rule, context, failure, lasting)
        for place, name in shared.items():
            yield rule.finding(scope.module.path, context.span(scope, place), _LASTING.format(name))


def _finding(rule: Rule, context: Context, failure: Failure, lasting: str | None) -> Finding:
    scope, name = failure.scope, failure.name
    handler = context.span(scope, failure.handler)
    trail: list[Note] = [context.note(scope, failure.handler, "the error is caught here, and nothing is rolled back")]
    repair = None
    if not failure.is_suppress:
        remedy = failure.remedy
        repair = Repair(remedy.kind, handler, remedy.savepoint or name, failure.is_async, remedy.limit)
    severity = Severity.ERROR
    if failure.used is not None:
        trail.append(context.note(*failure.used, "the failed session is used again here"))
        message = f"when this fails, `{name}` is used again without rollback(): PendingRollbackError"
        if failure.is_lost and not failure.is_write:
            message = f"when this fails, the later commit of `{name}` reports success and PostgreSQL stores nothing"
        elif not failure.is_write:
            message = f"when this fails, every later statement of `{name}` fails until rollback() (PostgreSQL)"
    elif lasting is not None:
        message = _LASTING.format(lasting)
    else:
        severity = Severity.INFO
        message = (
            f"when this fails, the error is swallowed and the caller gets `{name}` back unusable, without rollback()"
        )
    span = context.span(scope, failure.place)
    return rule.finding(scope.module.path, span, message, severity=severity, trail=tuple(trail), repair=repair)


RULE = Rule(
    code="FSL201",
    name="commit-without-rollback",
    summary="A failed commit is swallowed without rollback(): later uses of the session raise PendingRollbackError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.UNSAFE,
    hides=frozenset({"FSL201"}),
)
