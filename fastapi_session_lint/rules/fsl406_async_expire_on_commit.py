"""The objects of async sessions expire at each commit, and nothing can load them again.

## What it does

Reports a factory of async sessions, or an AsyncSession that is made by itself, without `expire_on_commit=False`; a
factory that a provider of dependency-injector makes, too. The finding stands at the call.

Not reported: tests, scripts and what only runs at start-up; options that come as `**options`; a factory that is told
when the application calls it (a test or a script that tells it speaks for itself alone), or by `configure`; a session
that is told afterwards (`session.sync_session.expire_on_commit = False`); a session class of your own with its own
`__init__`; a project that commits nothing; a session of a single function that does not commit.

## Why is this bad?

commit() makes all objects of the session expire, so that the next look at an attribute loads it anew. With an
AsyncSession that load is hidden I/O without an `await`. Every column raises, the primary key too, in an f-string or a
log line as well:

    sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here. Was IO attempted
    in an unexpected place?

A route that returns the object is answered with 500, `ResponseValidationError: ... Error extracting attribute:
MissingGreenlet`. After `await session.refresh(user)` its columns can be read.

## Example

```python
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
SessionLocal = async_sessionmaker(engine)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with SessionLocal.begin() as session:
        yield session
```

## Use instead

```python
from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with SessionLocal.begin() as session:
        yield session
```

## Fix safety

The fix is unsafe: it adds `expire_on_commit=False`, and then a select or get() after the commit, in the same session,
gives objects with their old values, where it gave the ones that are in the database now.

It cures neither what rollback() makes expire, nor columns that the server sets on update (use `eager_defaults=True`),
nor lazy relationships.

## When to switch it off

Where every commit is followed by `refresh()`, or by the end of the session with nothing read.

## References

- [SQLAlchemy: preventing implicit I/O when using AsyncSession](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#preventing-implicit-io-when-using-asyncsession)
- [SQLAlchemy: MissingGreenlet](https://docs.sqlalchemy.org/en/20/errors.html#error-xd2s)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL406."""
    for scope in context.scopes():
        for one in context.factories.expiring(scope):
            span = context.span(scope, one.call.place)
            whose = f"this `{one.name}`" if one.is_session else f"the sessions of `{one.name}`"
            message = f"objects of {whose} expire at commit(): reading one afterwards raises MissingGreenlet"
            repair = Repair(RepairKind.KEEP_AFTER_COMMIT, span, limit=Applicability.UNSAFE)
            yield rule.finding(scope.module.path, span, message, repair=repair)


RULE = Rule(
    code="FSL406",
    name="async-expire-on-commit",
    summary="Objects of async sessions expire at each commit: the next attribute raises MissingGreenlet.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.UNSAFE,
)
