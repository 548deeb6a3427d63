"""A commit can fail, and nothing around it rolls back.

## What it does

The strict form of FSL201, off by default. Reports any `commit()` on a session that the function made or was given,
when neither a handler that rolls back nor a `with` or `begin()` block that does stands around it. It is for teams
that want each commit to show its rollback.

Not reported: commits inside the `with` of their session or inside `session.begin()`; the `commit()` of a unit of work
whose own block closes the session; tests; and commits that FSL201 reports already, or whose error goes to a handler
that it reports.

## Why is this bad?

A commit can fail at any time: a constraint, a lost connection, a deadlock. Where the session is closed afterwards,
closing rolls back and nothing is broken. Where somebody goes on with it, the next use raises

    sqlalchemy.exc.PendingRollbackError: This Session's transaction has been rolled back due to a previous exception
    during flush. To begin a new transaction with this Session, first issue Session.rollback().

Which of the two it is cannot be seen in this function.

## Example

```python
from sqlalchemy import text
from sqlalchemy.orm import Session


def rename(db: Session, user_id: int, name: str) -> None:
    db.execute(text("update users set name = :name where id = :id"), {"id": user_id, "name": name})
    db.commit()
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.orm import Session


def rename(db: Session, user_id: int, name: str) -> None:
    try:
        db.execute(text("update users set name = :name where id = :id"), {"id": user_id, "name": name})
        db.commit()
    except Exception:
        db.rollback()
        raise
```

## Fix safety

The fix is unsafe: it wraps the commit in try/except with `rollback()` and `raise`. The error still reaches the
caller, but loaded objects are expired by then.

## When to switch it off

It is off unless you select it. Leave it off where one place, such as the dependency that owns the session, rolls back
for all.

## References

- [SQLAlchemy: framing out a begin / commit / rollback block](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#framing-out-a-begin-commit-rollback-block)
- [SQLAlchemy: managing transactions](https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#managing-transactions)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL209."""
    for scope in context.functions():
        for place, name, is_async in context.unguarded_commits(scope):
            span = context.span(scope, place)
            message = f"when this commit fails, nothing here rolls `{name}` back"
            repair = Repair(RepairKind.GUARD_COMMIT, span, name, is_async, Applicability.UNSAFE)
            yield rule.finding(scope.module.path, span, message, repair=repair)


RULE = Rule(
    code="FSL209",
    name="unguarded-commit",
    summary="A commit() can fail and nothing around it rolls back.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    default=False,
    fix=Applicability.UNSAFE,
)
