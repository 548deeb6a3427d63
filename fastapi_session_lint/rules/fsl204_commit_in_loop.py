"""A loop commits once for each of its items, or while it still reads the rows that it goes through.

## What it does

Two things. Both findings stand at the commit.

A commit among rows that are read from the server bit by bit, by `yield_per` or by `stream()`, on the same session: the
commit ends the transaction that the rows are read in. This is an error, and part of the default set.

A commit that a `for` loop repeats for each item. This is worth knowing, and reported when the rule is selected.

Not reported: loops that are left after the commit, as in retries; batches, where a test of a counter or a length stands
before the commit; `while` loops and loops over messages, as in workers; a session of its own for each item; savepoints;
a commit in a `try` of the loop that handles the error of one item, which is meant so; tests. Rows on SQLite can be read
on after a commit, and so can those that `stream()` gives for ORM objects without `yield_per`: they have all been read
by then.

## Why is this bad?

In the first case the loop ends in the middle, with a part of the rows done:

    sqlalchemy.exc.ProgrammingError: (psycopg2.ProgrammingError) named cursor isn't valid anymore
    sqlalchemy.exc.ProgrammingError: (psycopg.errors.InvalidCursorName) cursor "c_7f2e6e505d50_1" does not exist
    asyncpg.exceptions.NoActiveSQLTransactionError: cursor cannot be created outside of a transaction

In the second each item waits for the disk: 300 rows took 0.2 seconds in place of 0.01 on PostgreSQL. A commit also
expires all objects, so that each of those that the loop goes through is read again. When the seventh of ten items
fails, six are stored, and nobody knows where to go on.

## Example

```python
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    visits: Mapped[int]


def forget_visits(db: Session) -> None:
    try:
        for user in db.scalars(select(User).execution_options(yield_per=100)):
            user.visits = 0
            db.commit()
    except Exception:
        db.rollback()
        raise
```

## Use instead

```python
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    visits: Mapped[int]


def forget_visits(db: Session) -> None:
    try:
        for user in db.scalars(select(User).execution_options(yield_per=100)):
            user.visits = 0
        db.commit()
    except Exception:
        db.rollback()
        raise
```

Where all rows are too many for one transaction, read the keys first, and commit batch by batch.

## Fix safety

There is no fix: a commit behind the loop stores all items or none, which may not be what is meant.

## When to switch it off

Where items are to be stored one by one, so that those before a failure stay.

## References

- [SQLAlchemy: fetching large result sets with yield_per](https://docs.sqlalchemy.org/en/20/orm/queryguide/api.html#fetching-large-result-sets-with-yield-per)
- [SQLAlchemy: when to make, commit and close a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL204; FSL201 owns a loop that goes on after a failed commit, FSL205 blocks of begin()."""
    tells_all = context.is_asked_for(rule.code)
    for scope in (*context.modules(), *context.functions()):
        for one in context.loops.commits(scope):
            span = context.span(scope, one.place)
            if one.streamed is not None:
                message = "this commit ends the transaction in which the loop still reads its rows: reading on fails"
                yield rule.finding(scope.module.path, span, message, trail=(one.streamed,))
            elif tells_all:
                message = f"`{one.name}` is committed once for each item: when one fails, those before it are stored"
                yield rule.finding(scope.module.path, span, message, severity=Severity.INFO)


RULE = Rule(
    code="FSL204",
    name="commit-in-loop",
    summary="A loop commits while it still reads its rows, or (when selected) once for each item.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
