"""A pooled async engine of a module is used on several event loops.

## What it does

Off by default. Reports an `asyncio.run` (`anyio.run`, `uvloop.run`) that happens more than once in a process, when what
it runs uses an async engine that a module has made: in a task of a queue, in a request, in a loop, or twice in one
function. The finding stands at that call; its trail leads to the engine.

Not reported: scripts that run one loop; engines with a `poolclass`; aiosqlite; code that disposes of the engine.

## Why is this bad?

Each `asyncio.run` is an event loop of its own, and a connection belongs to the loop on which it was opened. The pool
hands it to the next loop all the same:

    RuntimeError: Task <Task pending ...> got Future <Future pending ...> attached to a different loop

and from then on `asyncpg.exceptions._base.InterfaceError: cannot perform operation: another operation is in progress`.

## Example

```python
import asyncio

from celery import Celery
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
queue = Celery()


async def count_users() -> int | None:
    async with engine.connect() as connection:
        return await connection.scalar(text("select count(*) from users"))


@queue.task
def report() -> int | None:
    return asyncio.run(count_users())
```

## Use instead

```python
import asyncio

from celery import Celery
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app", poolclass=NullPool)
queue = Celery()


async def count_users() -> int | None:
    async with engine.connect() as connection:
        return await connection.scalar(text("select count(*) from users"))


@queue.task
def report() -> int | None:
    return asyncio.run(count_users())
```

## Fix safety

There is no fix: NullPool, `await engine.dispose()` before the loop ends, and one loop for all are different cures.

## When to switch it off

It is off by default, since the linter cannot see which functions share a process. Leave it off where each task runs in
a process of its own.

## References

- [SQLAlchemy: using multiple asyncio event loops](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-multiple-asyncio-event-loops)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL507."""
    for scope in context.scopes():
        for one in context.event_loops.crossings(scope):
            message = "another event loop each time, but the engine's pool keeps the connections of the one before"
            trail = (
                context.note(one.user, one.use.place, "the engine is used here"),
                context.note(one.engine.scope, one.engine.call.place, "the engine is made here, with a pool"),
            )
            yield rule.finding(scope.module.path, context.span(scope, one.runner.place), message, trail=trail)


RULE = Rule(
    code="FSL507",
    name="async-engine-across-event-loops",
    summary="A pooled async engine meets another event loop: its connections are attached to the one before.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    default=False,
)
