"""A coroutine method of an AsyncSession is called, and nobody awaits it.

## What it does

Reports a call of a coroutine method of an AsyncSession (`execute`, `scalar`, `scalars`, `get`, `commit`, `rollback`,
`flush`, `refresh`, `merge`, `delete`, `close`, SQLModel's `exec` and their kin) in an async function, when its result
is neither awaited nor returned nor given to something that awaits it. The finding stands at the call.

Not reported: `add`, `add_all`, `expunge` and `expire`, which are plain methods. `delete` is none of them: it *is* a
coroutine. Coroutines that are kept and awaited later, or passed to `gather`, `create_task` and the like.

## Why is this bad?

Calling a coroutine only makes a coroutine object. A `commit()` that is not awaited stores nothing, a `rollback()` takes
nothing back, a `delete(user)` deletes nobody, a `close()` leaves the connection out of the pool, and
`if session.scalar(...)` is always true. The only trace is a warning, when the object is collected:

    RuntimeWarning: coroutine 'AsyncSession.commit' was never awaited

or, where something hangs on the result, `AttributeError: 'coroutine' object has no attribute 'scalars'`.

## Example

```python
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def close_account(session: AsyncSession, user_id: int) -> None:
    async with session.begin():
        session.execute(text("delete from users where id = :id"), {"id": user_id})
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def close_account(session: AsyncSession, user_id: int) -> None:
    async with session.begin():
        await session.execute(text("delete from users where id = :id"), {"id": user_id})
```

## Fix safety

The fix is safe: it adds `await`, in parentheses where an attribute, a call or an operator hangs on the result. An
`await` of what hangs on it, as in `await session.execute(query).scalars()`, moves to the call; where a result may have
coroutines, as that of `stream()` has, it stays and the fix is unsafe. None is offered in a lambda, a generator
expression or a default argument, where `await` means something else or nothing, nor for arguments of functions that
take coroutines.

## When to switch it off

Where the object only looks like an AsyncSession, on that line.

## References

- [SQLAlchemy: asyncio](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html)
- [SQLAlchemy: AsyncSession](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession)
- [Python: coroutines that were never awaited](https://docs.python.org/3/library/asyncio-dev.html#detect-never-awaited-coroutines)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL402."""
    for scope in context.functions():
        for call, name, method in context.awaiting.forgotten(scope):
            span = context.span(scope, call.place)
            message = f"`{name}.{method}()` is a coroutine that is never awaited: nothing happens"
            yield rule.finding(scope.module.path, span, message, repair=Repair(RepairKind.ADD_AWAIT, span))


RULE = Rule(
    code="FSL402",
    name="async-session-not-awaited",
    summary="A coroutine of an AsyncSession is not awaited: the statement never runs.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
    hides=frozenset({"FSL201"}),
)
