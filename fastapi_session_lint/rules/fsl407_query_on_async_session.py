"""`query` is called on an AsyncSession, which has no such method.

## What it does

Reports `session.query(...)` on an AsyncSession. The finding stands at the call.

Not reported: `session.sync_session.query` and functions that `run_sync` calls, which get a sync Session; a session
class of the project's own that has a `query`; parameters that are annotated as an AsyncSession and given a sync one by
all who call.

## Why is this bad?

The legacy Query API loads lazily and cannot await, so AsyncSession does without:

    AttributeError: 'AsyncSession' object has no attribute 'query'

## Example

```python
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


async def find_user(session: AsyncSession, user_id: int) -> User | None:
    return await session.query(User).filter(User.id == user_id).first()
```

## Use instead

```python
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


async def find_user(session: AsyncSession, user_id: int) -> User | None:
    return await session.scalar(select(User).where(User.id == user_id))
```

## Fix safety

There is no fix: a query has to be written anew as a `select`.

## When to switch it off

Where the object only looks like an AsyncSession, on that line.

## References

- [SQLAlchemy: AsyncSession](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession)
- [SQLAlchemy: from Query to select](https://docs.sqlalchemy.org/en/20/changelog/migration_20.html#migration-orm-usage)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL407."""
    for scope in context.functions():
        for one in context.async_calls.queries(scope):
            message = f"`{one.name}` is an AsyncSession, which has no `query`: AttributeError"
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message)


RULE = Rule(
    code="FSL407",
    name="query-on-async-session",
    summary="AsyncSession has no `query`: AttributeError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
