"""A scoped_session gives each thread its session, and a request is no thread.

## What it does

Reports `scoped_session(…)` in a project that uses FastAPI where a module, a class or an object that lasts keeps it. It
is an *error* where the registry, or a session of it, is used in an `async def`; the trail leads there. Elsewhere it
is a *warning*. The finding stands at the call.

Not reported: a registry with a `scopefunc` of its own, such as the `get` of a context variable, and
`async_scoped_session`, which always has one; `scopefunc=threading.get_ident` is what happens anyway. A registry that is
made anew for each request; one that only tests, scripts, the tasks of a queue or threads of the program's own use. One
that only makes the session that a module keeps is FSL301's.

## Why is this bad?

All `async def` functions run in one thread, that of the event loop, and so share one session: ten requests at once got
a single one. A row that its request had rolled back was stored by the commit of another, and a row that was reported as
saved was lost since another request called `remove()`.

`def` functions run in a pool of threads, and a session sticks to its thread. What a failed request has left in it is
committed by the next one that this thread serves, or fails it:

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

`remove()` at the end of a dependency does not help: FastAPI may run that in another thread than the endpoint. In 10 of
12 requests the registry gave the endpoint another session than the one that its dependency had opened and closed.

## Example

```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
db_session = scoped_session(sessionmaker(engine))
app = FastAPI()


@app.get("/users/count")
def count_users() -> int:
    return db_session.scalar(text("select count(*) from users"))
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

Where the registry must stay, give it a `scopefunc` that reads a context variable which a middleware sets for each
request, and let the middleware call `remove()`.

## Fix safety

There is no fix: all that uses the registry has to be given its session in another way.

## When to switch it off

Where nothing that uses the registry ever runs in the web server.

## References

- [SQLAlchemy: contextual/thread-local sessions](https://docs.sqlalchemy.org/en/20/orm/contextual.html)
- [SQLAlchemy: is the session thread-safe?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks)
- [FastAPI: concurrency and async/await](https://fastapi.tiangolo.com/async/#very-technical-details)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL305; FSL301 owns a module's session, FSL313 registries with a scope of their own."""
    for scope in context.scopes():
        for one in context.registries.thread_bound(scope):
            which = f"`{one.registry.name}`" if one.registry.name else "this registry"
            harm = "what one request leaves in it, the next one finds"
            if one.shared is not None:
                harm = "all `async def` functions share one, and commit or lose each other's work"
            message = f"{which} keeps one session for each thread, not for each request: {harm}"
            severity = Severity.WARNING if one.shared is None else Severity.ERROR
            trail = () if one.shared is None else (one.shared,)
            span = context.span(scope, one.registry.call.place)
            yield rule.finding(scope.module.path, span, message, severity=severity, trail=trail)


RULE = Rule(
    code="FSL305",
    name="scoped-session",
    summary="A scoped_session belongs to a thread: requests share it, or find what others have left in it.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
