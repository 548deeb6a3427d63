"""A coroutine method of an AsyncSession is called in a plain function, which cannot await it.

## What it does

Reports a call of a coroutine method of an AsyncSession (`execute`, `scalar`, `commit`, `delete`, `close`, SQLModel's
`exec` and their kin) in a plain `def`, when the coroutine is dropped there. The finding stands at the call.

A plain function may return the coroutine for its caller to await, or give it to something that runs it
(`asyncio.run(session.commit())`). A route and a dependency may not return it: FastAPI awaits `async def` only.

Not reported: functions that `run_sync` calls, which get the sync Session behind the async one; parameters that are
annotated as an AsyncSession and given a sync one by all who call; an AsyncSession that nothing but an annotation speaks
of, in a project that makes sync sessions only.

## Why is this bad?

Calling a coroutine method only makes a coroutine object. Nothing is executed, stored, deleted or closed, and the only
trace is a warning when the object is collected:

    RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited

Where something hangs on the result it is `AttributeError: 'coroutine' object has no attribute 'scalar'`, and a `def`
route that returns the coroutine answers 500: `ValueError: [TypeError("'coroutine' object is not iterable"), ...]`. A
plain generator dependency that calls `db.close()` leaves the connection out of the pool.

## Example

```python
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


def close_account(session: AsyncSession, user_id: int) -> None:
    session.execute(text("delete from users where id = :id"), {"id": user_id})
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def close_account(session: AsyncSession, user_id: int) -> None:
    await session.execute(text("delete from users where id = :id"), {"id": user_id})
```

## Fix safety

There is no fix: the function has to become an `async def`, and so has everything that calls it.

## When to switch it off

Where the object only looks like an AsyncSession, on that line.

## References

- [SQLAlchemy: asyncio](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html)
- [SQLAlchemy: AsyncSession.run_sync](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession.run_sync)
- [FastAPI: async and await](https://fastapi.tiangolo.com/async/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL403; FSL402 owns the same in an async function, FSL407 `query`, FSL411 `exec`."""
    for scope in context.functions():
        for one in context.async_calls.in_sync_function(scope):
            span = context.span(scope, one.call.place)
            message = f"`{one.name}.{one.method}()` is a coroutine that a plain function cannot await: nothing happens"
            yield rule.finding(scope.module.path, span, message)


RULE = Rule(
    code="FSL403",
    name="async-session-in-sync-function",
    summary="An AsyncSession's coroutine is dropped in a plain function: nothing is executed, stored or closed.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
