"""An async engine or connection is used where only a sync one works.

## What it does

Reports `metadata.create_all(engine)`, `drop_all`, `reflect`, a table's `create` and `drop`, and `inspect(engine)` with
an AsyncEngine, with its `sync_engine`, or with a connection from `async with engine.begin()`. Reports as well methods
that an AsyncEngine never had, as `engine.execute`, and an `engine.dispose()` that is not awaited. The finding stands at
the call.

`with engine.begin()` is FSL409's.

Not reported: `await connection.run_sync(metadata.create_all)`, and functions that `run_sync` calls.

## Why is this bad?

An AsyncEngine is another class than an Engine, and its connections are driven by `await`. Sync code finds nothing of
what it needs there:

    AttributeError: 'AsyncEngine' object has no attribute '_run_ddl_visitor'
    sqlalchemy.exc.NoInspectionAvailable: Inspection on an AsyncEngine is currently not supported.

The engine behind it, `engine.sync_engine`, needs the event loop all the same: `MissingGreenlet: greenlet_spawn has not
been called`. A `dispose()` that is not awaited closes nothing: `RuntimeWarning: coroutine 'AsyncEngine.dispose' was
never awaited`.

## Example

```python
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("postgresql+asyncpg://localhost/app")


class Base(DeclarativeBase):
    pass


async def create_tables() -> None:
    Base.metadata.create_all(engine)
```

## Use instead

```python
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase

engine = create_async_engine("postgresql+asyncpg://localhost/app")


class Base(DeclarativeBase):
    pass


async def create_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
```

## Fix safety

There is no fix: it takes an async function and a connection, and only you know where they are at hand.

## When to switch it off

Where the engine only looks like an async one, on that line.

## References

- [SQLAlchemy: AsyncConnection.run_sync](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncConnection.run_sync)
- [SQLAlchemy: using the inspector with asyncio](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#using-the-inspector-to-inspect-schema-objects)
- [SQLAlchemy: MissingGreenlet](https://docs.sqlalchemy.org/en/20/errors.html#error-xd2s)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL412; FSL409 owns `with engine.begin()`."""
    for scope in context.scopes():
        for one in context.async_engines.misused(scope):
            if one.error is None:
                message = f"`{one.name}` is a coroutine that is never awaited: nothing happens"
            else:
                message = f"`{one.name}` is async, and this call is not: {one.error}"
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message)


RULE = Rule(
    code="FSL412",
    name="sync-call-on-async-engine",
    summary="A sync call is given an async engine: AttributeError, NoInspectionAvailable or MissingGreenlet.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
