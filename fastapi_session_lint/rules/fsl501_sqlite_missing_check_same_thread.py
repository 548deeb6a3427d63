"""An engine on an SQLite file lacks `check_same_thread=False`, or insists on `True`.

## What it does

Reports `create_engine` on an SQLite file URL without `connect_args={"check_same_thread": False}` and without
`?check_same_thread=false` in the URL. It is an *error* for SQLAlchemy before 2.0 and for an explicit `True`. From 2.0
on it is *info*: SQLAlchemy sets the argument itself for files, and writing it down only helps who reads or downgrades.
The URL may be a literal, a constant, the default of a setting, or an f-string with a literal start.

Not reported: in-memory databases, which FSL502 owns; aiosqlite, which keeps a thread for each connection;
`connect_args` that cannot be read; a call behind a test that has sent SQLite another way (`if url.startswith("sqlite"):
… else: …`); an engine that one thread alone meets, as in a script that is run once, in a function that makes it and
lets nobody else have it, or in a test that makes it for itself and names neither an app nor a TestClient.

## Why is this bad?

FastAPI runs a `def` dependency and a `def` endpoint in threads of a pool, and not always in the same one. Python's
sqlite3 refuses a connection in a second thread:

    sqlite3.ProgrammingError: SQLite objects created in a thread can only be used in that same thread.

Requests one after another often work, by luck of the thread, so that tests are green: on SQLAlchemy 1.4 five of five
in a row succeeded, and twelve of twelve at a time failed.

## Example

```python
from sqlalchemy import create_engine

engine = create_engine("sqlite:///app.db")
```

## Use instead

```python
from sqlalchemy import create_engine

engine = create_engine("sqlite:///app.db", connect_args={"check_same_thread": False})
```

## Fix safety

The fix is safe for a URL that can only be SQLite; the argument is merged into `connect_args` that are there. It is
unsafe where a setting may hold another URL, because other drivers reject the argument (psycopg2: `invalid connection
option "check_same_thread"`).

## When to switch it off

On SQLAlchemy 2 you may ignore it: it is only *info* there.

## References

- [SQLAlchemy: threading and pooling of SQLite](https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#threading-pooling-behavior)
- [SQLModel: FastAPI and check_same_thread](https://sqlmodel.tiangolo.com/tutorial/fastapi/simple-hero-api/)
- [Python: sqlite3.connect](https://docs.python.org/3/library/sqlite3.html#sqlite3.connect)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SET_BY_DIALECT = "2.0"
"""The SQLAlchemy release whose pysqlite dialect sets check_same_thread=False for files by itself."""


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL501; FSL502 owns in-memory databases."""
    for scope in context.scopes():
        for engine in context.engines.sqlite_files(scope):
            span = context.span(scope, engine.call.place)
            limit = Applicability.SAFE if engine.is_certain else Applicability.UNSAFE
            repair = Repair(RepairKind.ADD_CONNECT_ARG, span, limit=limit)
            if engine.checks_thread:
                message = "check_same_thread=True: a connection raises ProgrammingError in any thread but its own"
                yield rule.finding(scope.module.path, span, message, repair=repair)
            elif context.versions(scope).sqlalchemy.before(_SET_BY_DIALECT):
                message = "SQLite connections raise ProgrammingError in any thread but their own"
                yield rule.finding(scope.module.path, span, message, repair=repair)
            else:
                message = "works because SQLAlchemy 2 sets check_same_thread=False for SQLite files; say so yourself"
                yield rule.finding(scope.module.path, span, message, severity=Severity.INFO, repair=repair)


RULE = Rule(
    code="FSL501",
    name="sqlite-missing-check-same-thread",
    summary="A SQLite connection meets a second thread and raises ProgrammingError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
)
