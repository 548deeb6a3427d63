"""An `async def` queries a sync session, and the event loop stands still until the database answers.

## What it does

Reports the first database call on a sync session that an `async def` makes itself: `execute`, `scalar`, `get`,
`flush`, `commit`, `rollback`, `refresh`, and `query(...)` where the function also sends it, by `all()`, `first()`, a
loop and the like, or hands it to a plain function that does; then the trail leads to that line. One finding for each
function and session. Where the session comes from a plain `def` dependency the message says so, because then the
server can freeze altogether.

Not reported: `add`, `add_all` and `expunge`, which do not touch the database; an async dependency that only creates,
yields and closes; calls inside `run_in_threadpool`, `asyncio.to_thread`, `run_sync`, or a nested `def` or lambda that
is handed to one of them; start-up code, what a lifespan awaits, and scripts run by `asyncio.run`, where nobody else
waits. Tests are no evidence of when the application runs something. When an
annotation says `AsyncSession` and the dependency yields a sync session, the dependency is believed.

The same one call away, in a helper that is given the session, is FSL410.

## Why is this bad?

While a sync driver waits for the database, the event loop runs nothing else. Ten requests with a query of 0.2 s took
2.06 s in `async def` and 0.21 s in `def`; no other request was answered meanwhile.

With a `def` dependency it can be far worse. Its exit runs on the event loop's thread pool and needs the loop. When
more requests are under way than the pool has connections, the loop waits for a connection that only the loop could
give back: 17 clients on default settings (pool 5 + 10, timeout 30 s) froze the whole server for 60 s, then

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

## Example

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/count")
async def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Fix safety

The fix is only displayed, never applied: `def` instead of `async def`, or an AsyncSession. As a `def` the function
runs in another thread, code that awaits it fails with a `TypeError`, and what it does with the event loop raises
`RuntimeError: no running event loop`.

## When to switch it off

In a service with one client at a time, or in async tests.

## References

- [FastAPI: concurrency and async / await](https://fastapi.tiangolo.com/async/)
- [SQLAlchemy: asyncio](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html)
- [Starlette: the thread pool](https://www.starlette.io/threadpool/)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Fix, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL401; FSL410 owns a function that leaves its I/O to helpers, FSL408 an awaited sync call."""
    for scope in context.functions():
        for blocking in context.blocking.calls(scope):
            if blocking.is_helper:
                continue
            span = context.span(scope, blocking.place)
            message = f"`{blocking.text}` blocks the event loop: `{blocking.name}` is a sync session"
            if blocking.from_plain_dependency:
                message += "; with more requests than pooled connections the whole server freezes until pool_timeout"
            yield replace(rule.finding(scope.module.path, span, message, trail=blocking.trail), fix=_WAYS_OUT)


_WAYS_OUT = Fix("Use an AsyncSession, or a plain `def` where nothing is awaited", Applicability.DISPLAY, ())


RULE = Rule(
    code="FSL401",
    name="sync-session-in-async",
    summary="A sync session's query in async def stops the event loop: the whole server waits for the database.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.DISPLAY,
)
