"""A session is created as the default of a parameter.

## What it does

Reports a parameter whose default creates a session: `def count(db=SessionLocal())`. The finding stands at the
default.

Not reported: `Depends(...)` as a default; `None` as a default with a session made in the body.

## Why is this bad?

Python computes a default once, when it reads the `def`. All calls share that one session, with the same end as a
module's session: of 60 writes by eight clients at most two succeeded, and after a failed commit every call raises

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

In a route or a dependency FastAPI refuses to start (`FastAPIError: Invalid args for response field!`), or, without an
annotation, the first request fails with `TypeError: cannot pickle 'module' object`.

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users(db: Session = SessionLocal()) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.orm import Session


def count_users(db: Session) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Fix safety

There is no fix: the callers have to pass a session of their own, and only you know which.

## When to switch it off

Never: the shared session is never what is meant.

## References

- [Python: default parameter values](https://docs.python.org/3/reference/compound_stmts.html#function-definitions)
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
    """The findings of FSL302; FSL106 owns Depends(SessionLocal()) as a default."""
    for scope in context.functions():
        for name, call in context.shared.default_sessions(scope):
            message = f"the default of `{name}` is made once, at import: every call without it shares this one session"
            yield rule.finding(scope.module.path, context.span(scope, call.place), message)


RULE = Rule(
    code="FSL302",
    name="session-default-argument",
    summary="A session as a default argument is made once, at import, and shared by all calls.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
