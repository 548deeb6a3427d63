"""One session is used by several threads at once.

## What it does

Reports a session that a thread gets while others may use it: by `Thread(target=…)` and `Timer`, by an executor's
`submit` and `map`, by `run_in_executor` and `to_thread` that are not awaited at once. The session may be an argument,
taken from around a nested function or lambda, kept by the object whose method runs, or a bound method of it. Others are
further threads with the same session, the same one in a loop or a map, the function that goes on beside it, or whoever
closes the session while a thread that nobody waits for still runs. The finding stands at the call that has the thread
run.

Not reported: `await run_in_threadpool(f, db)` and its kin, one after another; `submit(…).result()`; a thread that is
waited for before the session is used again; an executor of one worker; a thread that closes the session it is given.

## Why is this bad?

A session is not thread-safe. With eight threads that add and commit, five to fifteen of 120 commits succeed on
SQLAlchemy 2, others raise

    sqlalchemy.exc.IllegalStateChangeError: Method 'commit()' can't be called here; method '_prepare_impl()' is already
    in progress

and SQLite stored 25 to 45 rows although 10 to 15 calls reported success: what one thread adds is committed or rolled
back by another. On 1.4 they raise `AttributeError: 'NoneType' object has no attribute 'dispatch'`. Queries alone may
well work, until one of them flushes.

## Example

```python
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text
from sqlalchemy.orm import Session


def price(db: Session, item: int) -> int:
    return db.scalar(text("select price from items where id = :id"), {"id": item})


def prices(db: Session, items: list[int]) -> list[int]:
    with ThreadPoolExecutor() as executor:
        return list(executor.map(lambda item: price(db, item), items))
```

## Use instead

```python
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def price(item: int) -> int:
    with SessionLocal() as db:
        return db.scalar(text("select price from items where id = :id"), {"id": item})


def prices(items: list[int]) -> list[int]:
    with ThreadPoolExecutor() as executor:
        return list(executor.map(price, items))
```

## Fix safety

There is no fix: a session for each thread divides the work into transactions, and only you know where.

## When to switch it off

Where something out of sight lets only one thread use the session at a time.

## References

- [SQLAlchemy: is the session thread-safe?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL308; FSL307 owns what runs on one event loop, FSL301 and FSL304 what lives for ever."""
    for scope in context.functions():
        for one in context.concurrency.sharings(scope):
            if not one.is_thread:
                continue
            if one.outlives:
                message = f"nobody waits for this thread: `{one.name}` is closed while the thread still uses it"
            else:
                message = (
                    f"`{one.name}` is used by several threads at once: they raise errors or lose each other's rows"
                )
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message, trail=one.trail)


RULE = Rule(
    code="FSL308",
    name="session-shared-between-threads",
    summary="Several threads use one session at once: errors, and rows that another thread rolls back.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
