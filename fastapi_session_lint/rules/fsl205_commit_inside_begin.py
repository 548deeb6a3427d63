"""A session is committed or rolled back inside its own `begin()` block, which does that by itself.

## What it does

Reports `commit()` and `rollback()` of a session inside `with session.begin():` or `with SessionLocal.begin() as
session:`, also where a called function always commits, and where a dependency yields the session inside such a block.
The finding stands at the commit. It is an *error* where the session is used after it in the block, else *info*.

Not reported: `begin_nested()`, whose savepoint is none of this; `session.begin()` as a statement of its own; what
follows the block.

## Why is this bad?

The block commits when it is left. A commit before that ends the transaction of the block, and the next `add`, query
or `refresh` raises, with half of the work already stored:

    sqlalchemy.exc.InvalidRequestError: Can't operate on closed transaction inside context manager.  Please complete
    the context manager before emitting further commands.

As the last thing in the block the commit changes nothing, until somebody adds a line below it.

## Example

```python
from sqlalchemy import text
from sqlalchemy.orm import Session


def move(db: Session, amount: int) -> None:
    with db.begin():
        db.execute(text("update account set balance = balance - :amount where id = 1"), {"amount": amount})
        db.commit()
        db.execute(text("update account set balance = balance + :amount where id = 2"), {"amount": amount})
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.orm import Session


def move(db: Session, amount: int) -> None:
    with db.begin():
        db.execute(text("update account set balance = balance - :amount where id = 1"), {"amount": amount})
        db.execute(text("update account set balance = balance + :amount where id = 2"), {"amount": amount})
```

## Fix safety

A commit that is the last statement of the block, outside any try in it, is removed, which is safe: the block commits at
the same point. Elsewhere `flush()` takes its place. That is unsafe: it keeps the errors where they were, but what
follows runs before anything is stored. A rollback is left to you, and so is a commit before a close or rollback in the
same block, which would undo the work.

## When to switch it off

Where a session class of your own gives `begin()` another meaning.

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
    """The findings of FSL205; what a dependency commits after its yield is FSL207's."""
    for scope in context.functions():
        for one in context.transactions.endings(scope):
            span = context.span(scope, one.place)
            call = f"`{one.name}.{one.method}()`" if one.is_own else f"`{one.method}()`"
            if one.used is None:
                severity = Severity.INFO
                message = (
                    f"{call} ends the transaction of its `begin()` block: a use of `{one.name}` after it would raise"
                )
            else:
                severity = Severity.ERROR
                message = f"{call} ends the transaction of its `begin()` block: using `{one.name}` after it raises"
            trail = [context.note(one.begin.scope, one.begin.place, "this block commits when it is left")]
            trail += [one.commit] if one.commit is not None else []
            if one.used is not None:
                trail.append(context.note(scope, one.used, f"`{one.name}` is used here, in the same block"))
            commits = one.is_own and one.method == _COMMIT and not one.is_ended
            repair = Repair(RepairKind.DROP_COMMIT, span, one.name, one.is_async) if commits else None
            yield rule.finding(scope.module.path, span, message, severity=severity, trail=tuple(trail), repair=repair)


_COMMIT = "commit"

RULE = Rule(
    code="FSL205",
    name="commit-inside-begin",
    summary="A commit inside a `begin()` block ends its transaction: any use of the session after it raises.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
)
