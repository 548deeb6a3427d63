"""A function opens a second session while the one that it was given holds a connection.

## What it does

Reports a session that is opened in a route, a dependency, or a function that they call, and that asks the database
while the session that was injected, or passed, holds a connection of the same engine. The finding stands at the call
that opens it: in the function itself, or the call of another function that opens a session of its own whenever it is
called.

Not reported: a second session after the first was committed, rolled back or closed; one on another engine, or on an
engine without a pool; one that is bound to the first one's connection; functions that no request runs.

## Why is this bad?

Each such request needs two connections at once. As long as few requests run, nobody notices. When as many of them as
the pool has connections hold their first one, each waits for a second, which nobody gives back: on a pool of five, with
ten clients, 14 to 37 of 60 requests ended after the full timeout with

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 0 reached, connection timed out

while the same code on one session answered all 60. The second session also does not see what the first one has
written, and may wait for its row locks for ever.

## Example

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/{id}")
def user(id: int, db: Session = Depends(get_db)) -> str:
    name = db.scalar(text("select name from users where id = :id"), {"id": id})
    with SessionLocal() as other:
        return f"{name} of {other.scalar(text('select count(*) from users'))}"
```

## Use instead

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/{id}")
def user(id: int, db: Session = Depends(get_db)) -> str:
    name = db.scalar(text("select name from users where id = :id"), {"id": id})
    return f"{name} of {db.scalar(text('select count(*) from users'))}"
```

What has to be stored even if the request fails, such as an audit record, gets a session of its own after the first one
has been committed or rolled back.

## Fix safety

There is no fix: whether both belong into one transaction is yours to say.

## When to switch it off

Where the pool has twice as many connections as requests can run at once.

## References

- [SQLAlchemy: QueuePool limit of size reached](https://docs.sqlalchemy.org/en/20/errors.html#queuepool-limit-of-size-x-overflow-y-reached-connection-timed-out-timeout-z)
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
    """The findings of FSL314; FSL105 owns a second session that comes from a generator called by hand."""
    for scope in context.functions():
        for one in context.second_sessions.of(scope):
            what = f"`{one.by}()` opens a session that" if one.by else "this session"
            message = f"{what} takes a second connection while `{one.first}` holds one: a full pool waits for itself"
            yield rule.finding(scope.module.path, context.span(scope, one.place), message, trail=one.trail)


RULE = Rule(
    code="FSL314",
    name="second-session-in-request",
    summary="A second session takes another connection while the first holds one: a full pool waits for itself.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
)
