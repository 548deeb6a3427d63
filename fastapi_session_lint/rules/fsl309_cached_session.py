"""A session is cached, so that everybody who asks for one is given the same.

## What it does

Reports `lru_cache`, `cache` and their like of async_lru and cachetools on a function that returns or yields a session,
or that returns an object which it has made a session for; the same cache as a call, `cache(SessionLocal)`; and a
session that is put into a dict, list or set of a module, of a class, or of an object that a module keeps. The finding
stands at the decorator, the call or the store.

Not reported: cached engines, factories and settings, which are made to be shared; a cached function that is given a
session and returns something else; a container out of which sessions are taken again, by `pop`, `del` and so on, while
requests are served; `cached_property`, whose session belongs to its object.

## Why is this bad?

A session is one transaction on one connection and not made for several threads or tasks. With `lru_cache` on
`get_session`, none of 60 writes by eight clients succeeded:

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

A generator is at its end after one use. With `lru_cache` on a dependency that yields, the first request works, and all
that come after it, until the server is restarted, fail:

    RuntimeError: generator didn't yield

A coroutine can be awaited once; `lru_cache` on an `async def` gives the same one again:

    RuntimeError: cannot reuse already awaited coroutine

## Example

```python
from functools import lru_cache

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


@lru_cache
def get_session() -> Session:
    return SessionLocal()


def count_users() -> int:
    return get_session().scalar(text("select count(*) from users"))
```

## Use instead

```python
from functools import lru_cache

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session


@lru_cache
def get_engine() -> Engine:
    return create_engine("postgresql+psycopg://localhost/app")


def count_users() -> int:
    with Session(get_engine()) as session:
        return session.scalar(text("select count(*) from users"))
```

## Fix safety

There is no fix: without the cache, each session has to be closed by somebody, and who that is is for you to say.

## When to switch it off

In scripts that run in one thread and end.

## References

- [SQLAlchemy: is the session thread-safe?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks)
- [FastAPI: dependencies with yield](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_HARM = {
    "SESSION": "everybody gets the same session, and commits or loses the work of others",
    "GENERATOR": "its generator is at its end after the first use, and every later one fails",
    "COROUTINE": "its coroutine can be awaited once, and every later await raises",
}


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL309; FSL301 owns a session that a module keeps under a name, FSL304 those of objects."""
    for scope in context.scopes():
        home = scope.outer or scope
        for one in context.cached.decorated(scope):
            message = f"`{one.name}` is cached: {_HARM[one.kind.name]}"
            yield rule.finding(scope.module.path, context.span(home, one.place), message)
        for one in context.cached.wrapped(scope):
            message = f"`{one.name}` is cached here: {_HARM[one.kind.name]}"
            yield rule.finding(scope.module.path, context.span(scope, one.place), message)
        for one in context.cached.stored(scope):
            message = f"`{one.name}` keeps this session for everybody: concurrent requests commit each other's work"
            yield rule.finding(scope.module.path, context.span(scope, one.place), message)


RULE = Rule(
    code="FSL309",
    name="cached-session",
    summary="A session is cached: everybody who asks for one is given the same.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
