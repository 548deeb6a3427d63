"""A registry of sessions with a scope of its own is used, and nobody removes what it keeps.

## What it does

Reports a `scoped_session(…)` with a `scopefunc`, or an `async_scoped_session(…)`, that is used while the project never
calls, or hands on, its `remove`. The finding stands at the call that makes the registry; the trail names a use.

Not reported: a registry that is made anew for each request and goes away with it; one that only tests or scripts use.
Where something is removed of which it is not known what it is, that may be the registry. `close()` is not enough: it
gives the connection back, and the session stays in the registry. A `scoped_session` without a scope is FSL305's.

## Why is this bad?

The registry is a dict with an entry for each scope, and only `remove()` takes one out. With a scope for each request or
task the dict grows by a session with every request, and with `asyncio.current_task` by the task as well, until the
process runs out of memory. Where the sessions are not even closed, each of them keeps its connection:

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 0 reached, connection timed out

## Example

```python
from contextvars import ContextVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
request_id: ContextVar[str] = ContextVar("request_id")
session = async_scoped_session(async_sessionmaker(engine, expire_on_commit=False), scopefunc=request_id.get)


async def count_users() -> int:
    return await session.scalar(text("select count(*) from users"))
```

## Use instead

```python
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_scoped_session, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
request_id: ContextVar[str] = ContextVar("request_id")
session = async_scoped_session(async_sessionmaker(engine, expire_on_commit=False), scopefunc=request_id.get)
app = FastAPI()


@app.middleware("http")
async def remove_session(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    token = request_id.set(str(uuid4()))
    try:
        return await call_next(request)
    finally:
        await session.remove()
        request_id.reset(token)


async def count_users() -> int:
    return await session.scalar(text("select count(*) from users"))
```

A session that each request gets by a dependency needs no registry at all.

## Fix safety

There is no fix: where a scope ends is for you to say.

## When to switch it off

Where there are few scopes and each of them lasts as long as the process.

## References

- [SQLAlchemy: using asyncio scoped session](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-asyncio-scoped-session)
- [SQLAlchemy: contextual/thread-local sessions](https://docs.sqlalchemy.org/en/20/orm/contextual.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL313; FSL305 owns registries without a scope."""
    for scope in context.scopes():
        for registry, used in context.registries.never_removed(scope):
            which = f"`{registry.name}`" if registry.name else "this registry"
            message = f"nobody calls `remove()` of {which}: it keeps the session of every scope for ever"
            yield rule.finding(scope.module.path, context.span(scope, registry.call.place), message, trail=(used,))


RULE = Rule(
    code="FSL313",
    name="scoped-session-not-removed",
    summary="A registry keeps the session of every scope for ever, since nobody calls remove().",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
)
