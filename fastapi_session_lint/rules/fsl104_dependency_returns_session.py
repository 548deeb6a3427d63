"""A dependency makes a session and returns it, so that nobody closes it after the request.

## What it does

Reports the `return` of a dependency that gives out a session made by itself, in a function or in a lambda
(`Depends(lambda: SessionLocal())`). A session that is returned wrapped in a repository or a service counts, and so
does one that is returned out of its own `with` or try/finally, or out of the block of a context manager of the project
that closes it: it is closed before the endpoint runs, opens again on first use, and stays open.

Not reported: a dependency that returns what another owner closes, such as `return request.state.db` of a middleware;
one that returns the factory. A class that makes a session in its `__init__` and is a dependency is FSL304.

## Why is this bad?

FastAPI can run code after the request only in a dependency that yields. A returned session is left to the garbage
collector, also when the request succeeds. With ten clients at a time on a pool of 5 + 10, more than two thirds of
300 requests failed with

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

## Example

```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Session:
    return SessionLocal()


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

The fix is unsafe, and offered only where nothing but `Depends` refers to the function: a function that yields is a
generator, and code that calls it directly would get that instead of a session. The return annotation follows
(`Session` becomes `Iterator[Session]`).

## When to switch it off

Where a middleware or a container closes what this function returns, on that line.

## References

- [FastAPI: dependencies with yield](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/)
- [SQLModel: session with FastAPI dependency](https://sqlmodel.tiangolo.com/tutorial/fastapi/session-with-dependency/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.own_sessions import OwnSession


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL104; FSL304 owns a class that makes a session, FSL309 a dependency that is cached."""
    for scope in context.functions():
        if not context.framework.is_dependency(scope) or context.is_generator(scope):
            continue
        if any(True for _ in context.cached.decorated(scope)):
            continue
        for own in context.own_sessions.of_any_kind(scope):
            yield from _findings(rule, context, own)


def _findings(rule: Rule, context: Context, own: OwnSession) -> Iterator[Finding]:
    scope = own.life.scope
    for moment in own.life.returns:
        place = moment.use.place if moment.use.place >= 0 else own.place
        span = context.span(scope, place)
        closed = moment.before.entered or own.life.is_closed_somewhere
        if closed:
            message = "the session is closed before the endpoint gets it; it silently opens again and nobody closes it"
        else:
            message = "this dependency returns its session and nobody closes it: every request keeps a connection"
        trail = (context.note(scope, own.place, "made here"),)
        repair = None
        if context.only_injected(scope) and moment.use.place >= 0:
            kind, limit = RepairKind.YIELD_INSTEAD_OF_RETURN, Applicability.UNSAFE
            repair = Repair(kind, span, own.name, own.session.is_async, limit)
        yield rule.finding(scope.module.path, span, message, trail=trail, repair=repair)
        return


RULE = Rule(
    code="FSL104",
    name="dependency-returns-session",
    summary="A dependency returns the session that it makes: no request ever closes it.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.UNSAFE,
)
