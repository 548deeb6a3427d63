"""A session, factory or engine is entered by the wrong one of `with` and `async with`, or without being called.

## What it does

Reports `async with` over a sync session, `with` over an AsyncSession, and the same over what their `begin()` and
`begin_nested()` give, over a factory's or an engine's `begin()`, an engine's `connect()`, and a function that
`contextmanager` or `asynccontextmanager` makes a session scope. Reports as well a factory or session class that is
entered itself, `with SessionLocal as db`. The finding stands at the `with`. The same of what an exit stack is given to
enter, by `enter_context` or `enter_async_context`; then it stands at that call.

Not reported: objects that may be of either kind; factories whose definition is out of sight.

## Why is this bad?

The statement raises each time, before its block begins. As the name in the message is the session's, it is easily taken
for a problem of the database:

    TypeError: 'Session' object does not support the asynchronous context manager protocol
    TypeError: 'AsyncSession' object does not support the context manager protocol
    TypeError: 'sessionmaker' object does not support the context manager protocol

On Python 3.10 and older it is an `AttributeError: __aenter__` or `__enter__`.

## Example

```python
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def count_users() -> int:
    with AsyncSessionLocal() as session:
        return await session.scalar(text("select count(*) from users"))
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def count_users() -> int:
    async with AsyncSessionLocal() as session:
        return await session.scalar(text("select count(*) from users"))
```

## Fix safety

The fix is unsafe: it adds or drops `async`. The old code raised each time that it ran, but the calls in the block may
need an `await` more or less as well, and perhaps the factory is what is wrong. None is offered in a plain `def`, where
`async with` is a syntax error, for a statement that enters several things, for a factory that has to be called, and
where `async with` goes while its block awaits what was entered: `await connection.run_sync(create_all)`.

## When to switch it off

Where the object is of a class that can be entered either way, on that line.

## References

- [SQLAlchemy: opening and closing a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#opening-and-closing-a-session)
- [SQLAlchemy: asyncio with the ORM](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#synopsis-orm)
- [Python: async with](https://docs.python.org/3/reference/compound_stmts.html#async-with)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL409."""
    for scope in context.scopes():
        for one in context.managers.wrong(scope):
            span = context.span(scope, one.place)
            repair = None
            if one.is_alone and context.is_async_function(scope):
                is_async = bool(one.needs_async)
                repair = Repair(RepairKind.SWAP_WITH, span, is_async=is_async, limit=Applicability.UNSAFE)
            if one.needs_async is None:
                message = f"`{one.name}` makes sessions and is none: entering it without a call raises TypeError"
            else:
                right, wrong = one.forms[one.needs_async], one.forms[not one.needs_async]
                message = f"`{one.name}` can only be entered by `{right}`: `{wrong}` raises TypeError"
            yield rule.finding(scope.module.path, span, message, repair=repair)


RULE = Rule(
    code="FSL409",
    name="wrong-context-manager",
    summary="`with` and `async with` are mixed up, or a factory is entered uncalled: TypeError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.UNSAFE,
    hides=frozenset({"FSL401", "FSL402", "FSL408", "FSL410"}),
)
