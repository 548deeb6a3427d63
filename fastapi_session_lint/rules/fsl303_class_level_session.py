"""A session is created in a class body.

## What it does

Reports an assignment in a class body whose value creates a session. The finding stands at the call.

Not reported: `session: Session = Depends(get_db)` in class-based views, which gives each request its own; aliases of
a factory (`sessions = SessionLocal`), which create nothing.

## Why is this bad?

A class body runs once, at import. All instances share that session and its transaction: of 60 writes by eight clients
none succeeded. The log shows

    sqlalchemy.exc.IllegalStateChangeError: Method 'commit()' can't be called here; method '_prepare_impl()' is
    already in progress

and, after the first failed commit, for ever

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


class Users:
    db = SessionLocal()

    def count(self) -> int:
        return self.db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.orm import Session


class Users:
    def __init__(self, db: Session) -> None:
        self.db = db

    def count(self) -> int:
        return self.db.scalar(text("select count(*) from users"))
```

## Fix safety

There is no fix: the instances have to be given a session, and only you know by whom.

## When to switch it off

Never for a session. If the name is something else that the linter took for one, switch it off on that line.

## References

- [SQLAlchemy: is the session thread-safe?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks)
- [FastAPI: classes as dependencies](https://fastapi.tiangolo.com/tutorial/dependencies/classes-as-dependencies/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL303."""
    for scope in context.classes():
        for name, call in context.shared.class_sessions(scope):
            owner = scope.owner.name if scope.owner is not None else ""
            message = f"`{owner}.{name}` is made once, at import: all instances and requests share this one session"
            yield rule.finding(scope.module.path, context.span(scope, call.place), message)


RULE = Rule(
    code="FSL303",
    name="class-level-session",
    summary="A session in a class body is made once, at import, and shared by all instances.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
