"""An object makes a session for itself, keeps it and has no way to close it.

## What it does

Reports `self.db = SessionLocal()`, also as a fallback (`self.db = given or SessionLocal()`), in a class that has no
method that closes it, and `app.state.db = SessionLocal()`. The finding stands at the assignment. It is an *error* for
`app.state`, for a class that keeps it itself (`cls.db = …`), has an instance in a module name, or is named by
`Depends`; else a *warning*.

Not reported: a session that was given to the object; units of work with `__exit__`, `__aexit__` or `close` that close
it; `with SessionLocal() as self.db:`, which closes it, in an object that no two requests share; middleware that closes
`request.state.db` in a finally.

## Why is this bad?

An object that lives as long as the process shares its session with all requests. A repository kept in a module name
answered 0 of 60 writes by eight clients, `app.state.db` at most 4, with

    sqlalchemy.exc.IllegalStateChangeError: Method 'commit()' can't be called here; method '_prepare_impl()' is
    already in progress

An object that is made for each request does not share its session, but nobody closes it:

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


class Users:
    def __init__(self) -> None:
        self.db = SessionLocal()

    def count(self) -> int:
        return self.db.scalar(text("select count(*) from users"))


users = Users()
```

## Use instead

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


class Users:
    def count(self) -> int:
        with SessionLocal() as db:
            return db.scalar(text("select count(*) from users"))


users = Users()
```

## Fix safety

There is no fix: keep the factory on the object and open a session for each piece of work, or have the session passed
in.

## When to switch it off

In a worker that uses the object in one thread, handles its errors with `rollback()` and lives as long as the process.

## References

- [SQLAlchemy: when to make, commit and close a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
- [SQLAlchemy: is the session thread-safe?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#is-the-session-thread-safe-is-asyncsession-safe-to-share-in-concurrent-tasks)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_WHO = {
    "state": "the application keeps this session for its whole life and all requests share it",
    "module": "this object lives as long as the process, so all requests share its session",
    "class": "the class keeps this session as long as the process lives, so all requests share it",
    "dependency": "FastAPI makes this object for each request and nobody closes its session",
    "object": "nothing in this class closes the session: it lives, with its connection, as long as the object",
}


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL304."""
    for kept in context.shared.kept_sessions():
        severity = Severity.WARNING if kept.owner == "object" else Severity.ERROR
        message = f"`{kept.name}`: {_WHO[kept.owner]}"
        yield rule.finding(kept.scope.module.path, context.span(kept.scope, kept.place), message, severity=severity)


RULE = Rule(
    code="FSL304",
    name="session-on-long-lived-object",
    summary="An object makes a session, keeps it and never closes it: all its users share one transaction.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
