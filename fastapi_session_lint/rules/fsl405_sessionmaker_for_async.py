"""Async sessions are made by the factory for sync ones.

## What it does

Off by default. Reports `sessionmaker(..., class_=AsyncSession)`, from SQLAlchemy 2.0 on, where `async_sessionmaker` is
there for that. The finding stands at the call.

Not reported: SQLAlchemy 1.4, which has no `async_sessionmaker`; a factory whose class is a sync one, or not known.

## Why is this bad?

It works: both factories make the same sessions. Only type checkers mind, because `sessionmaker` is declared to make
sync sessions:

    error: Value of type variable "_S" of "sessionmaker" cannot be "AsyncSession"

and what the type checker takes for a `Session` it lets you use without `await`.

## Example

```python
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine("postgresql+asyncpg://localhost/app")
SessionLocal = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
```

## Use instead

```python
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
```

## Fix safety

The fix is safe: it calls `async_sessionmaker`, imports it, and drops `class_` where that is SQLAlchemy's own
AsyncSession; SQLModel's or your own stays. The imports of `sessionmaker` and `AsyncSession` go where nothing needs them
any more, in this file or in another that takes them from here. It is unsafe where the file names the type
`sessionmaker` as well, in an annotation or an `isinstance`, which then no longer fits.

## When to switch it off

It is off by default, because nothing breaks. Leave it off in a library that supports SQLAlchemy 1.4.

## References

- [SQLAlchemy: async_sessionmaker](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.async_sessionmaker)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.vocabulary import CLASS_OPTION

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SINCE = "2.0"
"""The SQLAlchemy release that brought async_sessionmaker."""


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL405; FSL404 owns factories whose class and engine do not go together."""
    for scope in context.scopes():
        if context.versions(scope).sqlalchemy.before(_SINCE):
            continue
        for one in context.factories.plain(scope):
            span = context.span(scope, one.call.place)
            subject = CLASS_OPTION if one.is_default_class else ""
            message = "`sessionmaker` is declared to make sync sessions; `async_sessionmaker` makes async ones"
            own_imports = tuple(name for name in one.names if not context.is_handed_on(scope, name))
            repair = Repair(RepairKind.USE_ASYNC_MAKER, span, subject, own_imports=own_imports)
            yield rule.finding(scope.module.path, span, message, repair=repair)


RULE = Rule(
    code="FSL405",
    name="sessionmaker-for-async",
    summary="The factory for sync sessions is told to make async ones: type checkers take them for sync.",
    severity=Severity.INFO,
    documentation=__doc__ or "",
    check=check,
    default=False,
    fix=Applicability.SAFE,
)
