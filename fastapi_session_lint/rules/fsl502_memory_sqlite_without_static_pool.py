"""An in-memory SQLite database meets more than one thread.

## What it does

Reports `create_engine` on an in-memory SQLite URL (`sqlite://`, `sqlite:///:memory:`) without a pool that shares one
connection, in a project where an app or a TestClient uses the engine from several threads.

Not reported: aiosqlite, which uses StaticPool by itself; a shared cache; a test that makes the engine for
itself and names neither an app nor a TestClient; scripts.

## Why is this bad?

SQLAlchemy gives each thread a connection of its own, and each in-memory connection is a database of its own, without
tables. The endpoint runs in another thread than the set-up that created them:

    sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: users

There are two cures. `sqlite:///file::memory:?cache=shared&uri=true` is one database for all connections, each with
its own transaction; its `connect_args` need nothing on SQLAlchemy 2. `poolclass=StaticPool` *with*
`connect_args={"check_same_thread": False}` is one connection, and with that one transaction, for all: when one session
closes it takes back what another has not committed yet, so keep it to tests.

## Example

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite://")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("sqlite:///file::memory:?cache=shared&uri=true")
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

There is no fix: which of the two cures is right depends on whether sessions overlap.

## When to switch it off

Where all work on the engine happens in one thread and the linter cannot see it.

## References

- [SQLAlchemy: threading and pooling of SQLite](https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#threading-pooling-behavior)
- [SQLAlchemy: using a memory database in multiple threads](https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#using-a-memory-database-in-multiple-threads)
- [FastAPI: testing dependencies with overrides](https://fastapi.tiangolo.com/advanced/testing-dependencies/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL502."""
    for scope in context.scopes():
        for engine in context.engines.memory_databases(scope):
            span = context.span(scope, engine.call.place)
            message = (
                "each thread gets its own empty in-memory database; use "
                "poolclass=StaticPool with connect_args={'check_same_thread': False} (tests only), "
                "or sqlite:///file::memory:?cache=shared&uri=true"
            )
            yield rule.finding(scope.module.path, span, message)


RULE = Rule(
    code="FSL502",
    name="memory-sqlite-without-static-pool",
    summary="Each thread gets an in-memory SQLite database of its own, and it is empty.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
)
