"""A session is used after its `close()`, or after its `with` has ended.

## What it does

Reports a use of a session behind its close in the same function:

- *error*: a `commit()` or `flush()` that comes too late for what was written before the close; a write that nobody
  commits any more; `refresh()` and `expire()`;
- *warning*: a read, a helper that reads, or a `Query` that was built before the close and is sent after it;
- *info*: a write that is committed after it, in a transaction that the `with` does not know of.

The finding stands at the use.

Left alone: `close()` as a reset, where another `close()` or the end of a `with` follows; reads of a session that
somebody else opened and closes; a `commit()` or `rollback()` with nothing to do, as behind a context manager of your
own that commits when its block ends; a session that is handed on after the use.

## Why is this bad?

Mostly no exception is raised. A closed session is like a new one: it opens another transaction as soon as it is used.
What was added before was thrown away by the close, so this commit reports success and stores nothing:

    with SessionLocal() as db:
        db.add(book)
    db.commit()

`refresh()` does raise, since the close took all objects out of the session:

    sqlalchemy.exc.InvalidRequestError: Instance '<Book at 0x7feed049f210>' is not persistent within this Session

Any other read checks a connection out for which there is no close any more. Under load the pool runs dry:

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

With `close_resets_only=False` (SQLAlchemy 2.0.22) it is an error on the spot: `InvalidRequestError: This Session has
been permanently closed and is unable to handle any more transaction requests.`

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))


def store(title: str) -> None:
    with SessionLocal() as db:
        db.execute(text("insert into books values (:title)"), {"title": title})
    db.commit()
```

## Use instead

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))


def store(title: str) -> None:
    with SessionLocal() as db:
        db.execute(text("insert into books values (:title)"), {"title": title})
        db.commit()
```

## Fix safety

There is no fix: whether the use belongs before the close, or to a session of its own, is yours to say.

## When to switch it off

Where a test shows what a closed session does, on that line.

## References

- [SQLAlchemy: closing](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#closing)
- [SQLAlchemy: Session.close()](https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.close)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.after_close import LateUse, Outcome

_TOLD: dict[Outcome, tuple[Severity, str]] = {
    "lost before": (Severity.ERROR, "`{0}` was closed before `{1}`: what was written to it is lost"),
    "raised": (Severity.ERROR, "`{0}` is closed and holds no objects any more: `{1}` raises InvalidRequestError"),
    "lost": (Severity.ERROR, "`{0}` is closed: `{1}` writes in a new transaction that nobody commits"),
    "stored": (Severity.INFO, "`{0}` is closed: `{1}` begins a new transaction, which an error leaves open"),
    "left open": (Severity.WARNING, "`{0}` is closed: `{1}` checks out a connection that nobody gives back"),
}


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL108; FSL102 leaves to it what is leaked behind such a use."""
    for scope in context.functions():
        for late in context.after_close.of(scope):
            yield _finding(rule, context, late)


def _finding(rule: Rule, context: Context, late: LateUse) -> Finding:
    severity, told = _TOLD[late.outcome]
    closed = f"`{late.name}` is closed at the end of this block" if late.is_block else f"`{late.name}` is closed here"
    return rule.finding(
        late.scope.module.path,
        context.span(late.scope, late.place),
        told.format(late.name, late.text),
        severity=severity,
        trail=(context.note(late.scope, late.closed, closed),),
    )


RULE = Rule(
    code="FSL108",
    name="session-used-after-close",
    summary="A session is used after its close: writes are lost, reads take a connection that nobody gives back.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
