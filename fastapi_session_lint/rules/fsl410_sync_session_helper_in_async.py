"""An `async def` passes its sync session to a plain function that queries it, and the event loop stands still.

## What it does

Reports a call, in an `async def`, of a plain function or method that does database work on the sync session that it
is given, that its object keeps, or that it takes from the function around it, in whatever module and however many
calls deep. An object that is annotated by an abstract class or a protocol is one of the only class of the project
that implements it, or of the base class of all that do, if none of them replaces its methods. The finding stands at
the call; its trail follows the calls to the line that does the work. One finding for each function and session; the
sessions of objects that somebody else made count as one where nothing tells them apart.

Not reported: the call inside `run_in_threadpool`, `asyncio.to_thread` or `run_sync`; helpers that only `add`, or that
build a query and leave it to others to send it; a generator that is made and not gone through here; a call that cannot
be made, or that puts the session where a `dict`, a number or a row is wanted; start-up code, what a lifespan awaits,
and scripts run by `asyncio.run`. Where the function queries the session itself as well, FSL401 reports that, and this
rule is silent. What the arguments rule out is not looked at: `count(db, wanted=False)` is reported where `count`
queries under `if wanted` only.

## Why is this bad?

A helper that blocks is no better than a query in place: ten requests with a query of 0.2 s took 2 s, and no other
request was answered meanwhile. With a `def` dependency and more requests than the pool has connections the server
freezes for pool_timeout, again and again, until

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


def count(db: Session) -> int:
    return db.scalar(text("select count(*) from users"))


@app.get("/users/count")
async def count_users(db: Session = Depends(get_db)) -> int:
    return count(db)
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


def count(db: Session) -> int:
    return db.scalar(text("select count(*) from users"))


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return count(db)
```

## Fix safety

There is no fix. Make the route a `def`, move to an AsyncSession, or call the helper with
`await run_in_threadpool(count, db)`.

## When to switch it off

In a service with one client at a time, or in async tests.

## References

- [FastAPI: concurrency and async / await](https://fastapi.tiangolo.com/async/)
- [Starlette: the thread pool](https://www.starlette.io/threadpool/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL410; FSL401 owns a function that does I/O on the same session itself."""
    for scope in context.functions():
        for blocking in context.blocking.calls(scope):
            if not blocking.is_helper:
                continue
            span = context.span(scope, blocking.place)
            message = f"`{blocking.text}` does I/O on the sync session `{blocking.name}` and blocks the event loop"
            if blocking.from_plain_dependency:
                message += "; with more requests than pooled connections the whole server freezes until pool_timeout"
            yield rule.finding(scope.module.path, span, message, trail=blocking.trail)


RULE = Rule(
    code="FSL410",
    name="sync-session-helper-in-async",
    summary="A helper called in async def queries a sync session: the whole server waits for the database.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
