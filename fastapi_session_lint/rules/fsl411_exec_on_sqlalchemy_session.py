"""`exec`, a method of SQLModel's sessions, is called on one of SQLAlchemy's own.

## What it does

Reports `session.exec(...)` where the session is SQLAlchemy's own AsyncSession or Session. The finding stands at the
call. What counts is the session that is made or injected: `sessionmaker` and `async_sessionmaker` make SQLAlchemy's own
unless `class_` says otherwise, whatever a parameter's annotation says.

Not reported: a session of which only an annotation tells, unless SQLAlchemy's own are all that the project makes; a
session class of the project's own that has an `exec`.

## Why is this bad?

SQLModel derives its own `Session` and `AsyncSession` from SQLAlchemy's and adds `exec`. The originals have none:

    AttributeError: 'AsyncSession' object has no attribute 'exec'

## Example

```python
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select

engine = create_async_engine("postgresql+asyncpg://localhost/app")
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


async def first_hero() -> Hero | None:
    async with AsyncSessionLocal() as session:
        return (await session.exec(select(Hero))).first()
```

## Use instead

```python
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_async_engine("postgresql+asyncpg://localhost/app")
AsyncSessionLocal = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)


async def first_hero() -> Hero | None:
    async with AsyncSessionLocal() as session:
        return (await session.exec(select(Hero))).first()
```

## Fix safety

There is no fix: give the factory SQLModel's class, or use `scalars` and `execute`; only you know which is meant.

## When to switch it off

Where the session's class gets its `exec` in a way that cannot be seen, on that line.

## References

- [SQLModel: reading data with exec](https://sqlmodel.tiangolo.com/tutorial/select/)
- [SQLAlchemy: async_sessionmaker](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.async_sessionmaker)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL411."""
    for scope in context.functions():
        for one in context.async_calls.execs(scope):
            message = f"`{one.name}` is SQLAlchemy's own session, which has no `exec`: AttributeError"
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message)


RULE = Rule(
    code="FSL411",
    name="exec-on-sqlalchemy-session",
    summary="SQLAlchemy's own sessions have no `exec`: AttributeError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
