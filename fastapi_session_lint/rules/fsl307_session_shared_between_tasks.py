"""One session is used by several coroutines that run at once.

## What it does

Reports a session that is used by several coroutines at the same time: by those of one `asyncio.gather`, `wait` or
`as_completed`, by several tasks (`create_task`, `ensure_future`, a TaskGroup's `create_task`, anyio's `start_soon`), or
by a task and the function that goes on beside it. It does not matter how the session gets there: as an argument, from
around a nested function, or as an attribute of an object whose methods run; nor whether the coroutines are collected in
a list first. It also reports a task that is given a session and that nobody waits for: the session is closed while the
task still uses it. The finding stands at the call that has them run.

Not reported: a session of its own for each task; `await create_task(…)` with nothing beside it; a gather of which one
coroutine alone uses the session; coroutines that use it inside of `async with lock` only; a registry of sessions with a
scope; coroutines that share a sync session, where none ends the transaction in which another changes something: on one
loop their queries come one after the other.

## Why is this bad?

A session is one conversation with the database. An AsyncSession says so where it can tell:

    sqlalchemy.exc.InvalidRequestError: This session is provisioning a new connection; concurrent operations are not
    permitted
    sqlalchemy.exc.IllegalStateChangeError: Method 'commit()' can't be called here; method '_prepare_impl()' is already
    in progress

Of 15 commits in a gather none succeeded. Where nothing is raised it is worse: one task writes and commits, another one
rolls back, and the rows of the first are gone. Queries alone pass the tests as long as a connection is at hand, and run
one after the other all the same; as soon as the pool has to open a connection they fail.

## Example

```python
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def totals(session: AsyncSession) -> tuple[int, int]:
    users, orders = await asyncio.gather(
        session.scalar(text("select count(*) from users")),
        session.scalar(text("select count(*) from orders")),
    )
    return users, orders
```

## Use instead

```python
import asyncio

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
new_session = async_sessionmaker(engine, expire_on_commit=False)


async def count(table: str) -> int:
    async with new_session() as session:
        return await session.scalar(text(f"select count(*) from {table}"))


async def totals() -> tuple[int, int]:
    users, orders = await asyncio.gather(count("users"), count("orders"))
    return users, orders
```

Or simply await one after the other: on one connection they do not run at once anyway.

## Fix safety

There is no fix: whether each coroutine gets a session of its own or they run one after the other is a matter of what
belongs into one transaction.

## When to switch it off

Where something out of sight, such as a semaphore of one, lets only one coroutine use the session at a time.

## References

- [SQLAlchemy: using AsyncSession with concurrent tasks](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#asyncio-concurrency)
- [SQLAlchemy: is the session thread-safe? Is AsyncSession safe to share in concurrent tasks?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL307; FSL308 owns what threads do, FSL301 and FSL304 own sessions that live for ever."""
    for scope in context.functions():
        for one in context.concurrency.sharings(scope):
            if one.is_thread:
                continue
            if one.outlives:
                message = f"nobody waits for this task: `{one.name}` is closed while the task still uses it"
            elif one.is_async:
                message = (
                    f"`{one.name}` is used by several tasks at once: they raise InvalidRequestError or lose writes"
                )
            else:
                message = f"`{one.name}` is used by several tasks at once: one commits or undoes what another has begun"
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message, trail=one.trail)


RULE = Rule(
    code="FSL307",
    name="session-shared-between-tasks",
    summary="Several tasks use one session at once: errors, or rows that are gone without one.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
