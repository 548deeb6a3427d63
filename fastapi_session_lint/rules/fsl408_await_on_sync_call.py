"""A plain method of a session is awaited, and the `await` raises after the method has run.

## What it does

Reports `await` on a method of a sync session, and on a plain method of an AsyncSession (`add`, `add_all`, `expunge`,
`expire` and their kin). The finding stands at the `await`.

FSL401 leaves such a call to this rule.

Not reported: `await session.begin()` and `await session.begin_nested()` of an AsyncSession, which can be awaited, and
methods that a sync session has not, such as `run_sync()` and `stream()`.

## Why is this bad?

The method runs, returns None, and the await of that raises:

    TypeError: object NoneType can't be used in 'await' expression

The order matters: `await db.commit()` on a sync session stores the row first and fails then, so the client gets a
500, tries again, and the row is there twice.

## Example

```python
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


async def register(session: AsyncSession, user: User) -> None:
    async with session.begin():
        await session.add(user)
```

## Use instead

```python
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)


async def register(session: AsyncSession, user: User) -> None:
    async with session.begin():
        session.add(user)
```

## Fix safety

The fix is safe: it drops the `await`. The old code raised each time that it ran.

## When to switch it off

Where the object only looks like a session, on that line.

## References

- [SQLAlchemy: AsyncSession](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession)
- [SQLAlchemy: adding and deleting with an AsyncSession](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#synopsis-orm)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL408."""
    for scope in context.functions():
        for place, name, method, is_async in context.awaiting.wrong(scope):
            span = context.span(scope, place)
            kind = "a plain method of an AsyncSession" if is_async else "a method of a sync session"
            message = f"`{name}.{method}()` is {kind}: it runs, and then awaiting its result raises TypeError"
            yield rule.finding(scope.module.path, span, message, repair=Repair(RepairKind.DROP_AWAIT, span))


RULE = Rule(
    code="FSL408",
    name="await-on-sync-call",
    summary="A plain method's result is awaited: TypeError, after the method has done its work.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
    hides=frozenset({"FSL401", "FSL410"}),
)
