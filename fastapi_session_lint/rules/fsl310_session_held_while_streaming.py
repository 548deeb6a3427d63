"""A route streams its response while the request's session holds a connection, or when it is closed already.

## What it does

Reports a route that returns a StreamingResponse or an EventSourceResponse whose content is a generator, or a
FileResponse, or that yields its response by itself, while the transaction of an injected session is open, or where the
generator uses that session. The session may be the route's own or that of one of its dependencies, and the response
may be made by a function or a service that the route calls. What happens depends on FastAPI's release, and the message
says which it is:

- from 0.118 on, and before 0.106, the connection is held until the client has read the last byte;
- from 0.106 to 0.117, and with `Depends(…, scope="function")`, the session is closed before the first byte is sent.
  Only what a generator does with it is reported then.

The finding stands at the `return`, or at the `yield` of a route that is a generator.

Not reported: a session that is committed, rolled back or closed before the return, and not used by the generator; a
session that the generator opens by itself; `scope="function"` without a use in the generator; content that is in memory
already, such as a BytesIO or a list, which is sent like any other response.

## Why is this bad?

A client may take minutes to read a response, or keep an event stream open all day. For as long the connection is out of
the pool, also where the generator never asks the database: on a pool of five ten such clients made other requests fail,

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 0 reached, connection timed out

Where the session is closed before, it opens a new transaction on its own as soon as the generator uses it, and nobody
is left to close that one. The connection is lost to the pool until the garbage collector finds it:

    SAWarning: The garbage collector is trying to clean up non-checked-in connection

## Example

```python
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def numbers(end: int) -> AsyncIterator[str]:
    for number in range(end):
        yield f"{number}\\n"


@app.get("/numbers")
async def count(session: AsyncSession = Depends(get_session)) -> StreamingResponse:
    users = await session.scalar(text("select count(*) from users"))
    return StreamingResponse(numbers(users))
```

## Use instead

```python
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def numbers(end: int) -> AsyncIterator[str]:
    for number in range(end):
        yield f"{number}\\n"


@app.get("/numbers")
async def count(session: AsyncSession = Depends(get_session, scope="function")) -> StreamingResponse:
    users = await session.scalar(text("select count(*) from users"))
    return StreamingResponse(numbers(users))
```

A generator that needs the database opens a session of its own.

## Fix safety

There is no fix: `scope="function"` changes when the session is closed for everything in the request, and what the
generator needs is yours to say.

## When to switch it off

Where what is streamed is short and the clients are quick.

## References

- [FastAPI: dependencies with yield and scope](https://fastapi.tiangolo.com/advanced/advanced-dependencies/#dependencies-with-yield-and-scope)
- [FastAPI: early exit and scope](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#early-exit-and-scope)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL310; FSL312 owns websockets, FSL306 owns background tasks."""
    for scope in context.functions():
        for one in context.streaming.of(scope):
            which = f"the session that `{one.held.name}` has used" if one.held.is_hidden else f"`{one.held.name}`"
            if one.is_closed:
                message = f"{which} is closed before the first byte is sent: the generator opens it again, for good"
            else:
                message = f"{which} holds its connection until the client has read the last byte of this response"
            yield rule.finding(scope.module.path, context.span(scope, one.place), message, trail=one.trail)


RULE = Rule(
    code="FSL310",
    name="session-held-while-streaming",
    summary="A streamed response holds the request's connection until the client has read it all.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
)
