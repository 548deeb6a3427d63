"""A websocket route waits for messages while the transaction of its injected session is open.

## What it does

Reports an injected session of a websocket route whose transaction may be open where the route waits: at a `receive…` or
`iter_…` of the websocket, its own or that of a function that it calls, or at a sleep inside of a loop. The session may
be a parameter, or kept by an injected object; a dependency that has queried it, to see who the user is, has opened the
transaction as well. The finding stands at the parameter by which the session comes, and its trail names the use and the
wait.

Not reported: a session that is committed, rolled back or closed before each wait; a session that is opened for each
message; a session that is not used yet when the route waits.

## Why is this bad?

The code behind a dependency's `yield` runs when the websocket is closed, on every release of FastAPI and whatever
`scope` says. Until then an open transaction keeps its connection, and PostgreSQL shows it as `idle in transaction`.
Sockets are open for hours: with a pool of five the sixth client fails, and so does every other request,

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 0 reached, connection timed out

A session that has been committed, rolled back or closed has given its connection back, and seven of seven sockets open.

## Example

```python
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI, WebSocket
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


@app.websocket("/count")
async def count(websocket: WebSocket, session: AsyncSession = Depends(get_session)) -> None:
    await websocket.accept()
    async for _ in websocket.iter_text():
        users = await session.scalar(text("select count(*) from users"))
        await websocket.send_json(users)
```

## Use instead

```python
from fastapi import FastAPI, WebSocket
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


@app.websocket("/count")
async def count(websocket: WebSocket) -> None:
    await websocket.accept()
    async for _ in websocket.iter_text():
        async with new_session() as session:
            users = await session.scalar(text("select count(*) from users"))
        await websocket.send_json(users)
```

Where only a dependency uses the session, let it open and close one of its own.

## Fix safety

There is no fix: what belongs into one transaction is yours to say.

## When to switch it off

Where the sockets are few and short-lived.

## References

- [SQLAlchemy: when do I construct a Session, when do I commit it, and when do I close it?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
- [FastAPI: dependencies with yield and scope](https://fastapi.tiangolo.com/advanced/advanced-dependencies/#dependencies-with-yield-and-scope)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL312; FSL310 owns responses that are sent piece by piece."""
    for scope in context.functions():
        for one in context.websockets.waitings(scope):
            which = f"the session that `{one.held.name}` has used" if one.held.is_hidden else f"`{one.held.name}`"
            message = f"{which} keeps its connection while this websocket waits: idle sockets use up the pool"
            span = context.span(scope, one.held.place)
            yield rule.finding(scope.module.path, span, message, trail=one.trail)


RULE = Rule(
    code="FSL312",
    name="session-held-by-websocket",
    summary="A websocket waits while its session's transaction is open: idle sockets use up the pool.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
)
