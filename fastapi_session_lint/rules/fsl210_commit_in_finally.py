"""A commit in a `finally` stores half-done work, since it runs when the work has failed as well.

## What it does

Reports a `commit()` in a finally that is reached while an error is on its way and the session has been used: around the
yield of a dependency, or around the work of any function. The finding stands at the commit.

Not reported: a finally that does some work of its own before it commits, such as marking a job as over or deleting what
a test has made; a commit under a test of something else than the session, such as a flag that says whether all went
well; one that a rollback comes before; functions that only read; a session on somebody else's connection, as in a
migration, whose transaction the commit leaves open; tests.

## Why is this bad?

A finally runs on every way out. The endpoint raises an error half way through, the client gets its 400, and what was
done up to that point is committed: the row is in the table. Where it was the database that failed, the commit raises
in its turn, and hides the error that came first:

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))


def move(amount: int) -> None:
    db = SessionLocal()
    try:
        db.execute(text("update account set balance = balance - :amount where id = 1"), {"amount": amount})
        db.execute(text("update account set balance = balance + :amount where id = 2"), {"amount": amount})
    finally:
        db.commit()
        db.close()
```

## Use instead

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))


def move(amount: int) -> None:
    db = SessionLocal()
    try:
        db.execute(text("update account set balance = balance - :amount where id = 1"), {"amount": amount})
        db.execute(text("update account set balance = balance + :amount where id = 2"), {"amount": amount})
        db.commit()
    finally:
        db.close()
```

## Fix safety

There is no fix: whether the commit belongs at the end of the work, or into a route, only you know.

## When to switch it off

Where what is stored before an error is meant to stay, on that line.

## References

- [SQLAlchemy: framing out a begin / commit / rollback block](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#framing-out-a-begin-commit-rollback-block)
- [FastAPI: dependencies with yield](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL210; a dependency's commit in a finally is none of FSL207's."""
    for scope in context.functions():
        for place, name in context.final_commits.of(scope):
            message = f"this runs after an error, too: what was done with `{name}` up to there is stored half-done"
            yield rule.finding(scope.module.path, context.span(scope, place), message)


RULE = Rule(
    code="FSL210",
    name="commit-in-finally",
    summary="A commit in a finally runs after an error as well, and stores half-done work.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
