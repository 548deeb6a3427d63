"""A background task uses the session of the request that started it.

## What it does

Reports a request's session that gets into a background task, by `BackgroundTasks.add_task` or a `BackgroundTask`: as
an argument, from around a nested function or lambda, or as what the object of a bound method keeps. What happens
depends on FastAPI's release, and the message says which it is:

- from 0.106 to 0.117, and with `Depends(…, scope="function")`, the session is closed before the task begins: an error;
- from 0.118 on, and before 0.106, it is kept open until the task is done: worth knowing.

A session that the function itself has made, in a `with` block or closed otherwise, is closed before the task on every
release. The finding stands at the call.

Not reported: a task that opens a session of its own, or is given the factory; a session that the function makes and the
task closes; a task that is given the session and does nothing with it.

## Why is this bad?

A closed session opens a new transaction on its own as soon as the task uses it, and nobody is left to close that one.
The connection is lost to the pool until the garbage collector finds it: on a pool of five, 20 requests one after the
other had 5 to 10 answers of status 500,

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 0 reached, connection timed out
    SAWarning: The garbage collector is trying to clean up non-checked-in connection

Where the session is kept open, the task works. What it costs is the request's connection, which is out of the pool
while mails are sent and files are written. It works by the release, too: the same code leaks on the others.

## Example

```python
from collections.abc import AsyncIterator

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def mail_owner(session: AsyncSession, page: str) -> None:
    owner = await session.scalar(text("select owner from pages where name = :name"), {"name": page})
    print("mail to", owner)


@app.get("/pages/{page}")
async def show(page: str, tasks: BackgroundTasks, session: AsyncSession = Depends(get_session)) -> str:
    tasks.add_task(mail_owner, session, page)
    return page
```

## Use instead

```python
from fastapi import BackgroundTasks, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def mail_owner(page: str) -> None:
    async with new_session() as session:
        owner = await session.scalar(text("select owner from pages where name = :name"), {"name": page})
    print("mail to", owner)


@app.get("/pages/{page}")
async def show(page: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(mail_owner, page)
    return page
```

Give the task keys rather than rows: those of the request's session belong to that session.

## Fix safety

There is no fix: which session the task should open, and what it has to be given in place of rows, is yours to say.

## When to switch it off

Where the tasks are short, and FastAPI's release is pinned to one that keeps the session open.

## References

- [FastAPI: dependencies with yield and scope](https://fastapi.tiangolo.com/advanced/advanced-dependencies/#dependencies-with-yield-and-scope)
- [FastAPI: background tasks](https://fastapi.tiangolo.com/tutorial/background-tasks/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL306; FSL307 owns tasks of the event loop, FSL310 owns streamed responses."""
    for scope in context.functions():
        for one in context.background.uses(scope):
            if one.is_closed:
                message = f"`{one.name}` is closed before this task begins: the task opens it again, for good"
            else:
                message = f"`{one.name}` is kept open until this task is done, and its connection out of the pool"
            severity = Severity.ERROR if one.is_closed else Severity.INFO
            span = context.span(scope, one.call.place)
            yield rule.finding(scope.module.path, span, message, severity=severity, trail=one.trail)


RULE = Rule(
    code="FSL306",
    name="session-in-background-task",
    summary="A background task uses the request's session, which is closed by then, or held open for it.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
