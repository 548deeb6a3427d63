"""A dependency yields a session that it does not close when the endpoint raises.

## What it does

Reports the `yield` of a session in a dependency when neither a `with` nor a try/finally stands around it, when no
`close()` follows at all, or when the close is named but not called (`db.close`). FastAPI raises the endpoint's error
at the yield, so a close that merely stands below it, or at the end of the try body, is skipped.

A dependency is a function, or a class with `__call__`, that `Depends`, `Security`, `dependencies=` or
`dependency_overrides` names, directly or through an alias, or that a `GraphQLRouter` of Strawberry gets as its
`context_getter`. A generator of which no use is known counts too when it yields a session that it made, unless it is a
context manager or a fixture.

Not reported: overrides that yield a mock or the session of a fixture, which somebody else closes; `yield from` of
another dependency; generators inside `with`; a session that is not closed but gives its connection back by itself,
because every path ends in commit or rollback (`with db.begin()` around the yield).

A dependency that returns its session is FSL104. One that closes but swallows the error is FSL202.

## Why is this bad?

Each request that ends in an exception costs a connection, an ordinary `HTTPException(404)` included. With ten clients
at a time on a pool of 5 + 10, and an endpoint that always answers 404, more than two thirds of 300 requests became a
500 with

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

and with an AsyncSession the log fills with

    SAWarning: The garbage collector is trying to clean up non-checked-in connection <AdaptedConnection ...>,
    which will be terminated.

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
    db = SessionLocal()
    yield db
    db.close()


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
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


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Fix safety

The fix is safe: it puts the yield into try/finally and takes only the `close()` into the finally, or adds it there.
A `commit()` after the yield stays in the try body; in the finally it would store the work of a failed request.

## When to switch it off

Do not. If the session is closed elsewhere, in a middleware for example, switch it off on that line.

## References

- [FastAPI: dependencies with yield](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/)
- [FastAPI: dependencies with yield and except](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#dependencies-with-yield-and-except)
- [SQLAlchemy: closing a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#closing)
- [SQLModel: session with FastAPI dependency](https://sqlmodel.tiangolo.com/tutorial/fastapi/session-with-dependency/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context, Creation


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL103."""
    for scope in context.functions():
        if not context.is_session_dependency(scope):
            continue
        for creation in context.creations(scope):
            life = context.life(creation)
            if life.complete and life.yield_places and context.leaks(life):
                yield _finding(rule, context, creation)


def _finding(rule: Rule, context: Context, creation: Creation) -> Finding:
    life, scope = context.life(creation), creation.scope
    place = life.yield_places[0]
    span = context.span(scope, place)
    subject = context.subject(creation) or "session"
    trail = (context.note(scope, creation.call.place, "made here"),)
    repair = Repair(RepairKind.CLOSE_AFTER_YIELD, span, subject, creation.session.is_async, Applicability.SAFE)
    if life.is_closed_somewhere:
        message = f"`{subject}` is not closed when the endpoint raises: every failing request keeps a connection"
    else:
        message = f"`{subject}` is never closed by this dependency: every request keeps a connection"
    return rule.finding(scope.module.path, span, message, trail=trail, repair=repair)


RULE = Rule(
    code="FSL103",
    name="yield-dependency-not-closed",
    summary="A dependency does not close its session when the request fails: each failing request costs a connection.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
)
