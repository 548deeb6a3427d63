"""A request commits its session twice on one path: the second commit can fail when the first cannot be undone.

## What it does

Off by default. Reports the second commit of a session on one path of a route, of a dependency, or of a function that
they call; a called function that always commits counts as a commit. The finding stands at the second commit, its
trail leads to the first.

Not reported: commits of which only one is reached, such as in two branches; the commit of a handler after the first
one has failed; a commit in a loop, which is FSL204's subject; savepoints.

## Why is this bad?

What was committed stays. When the request fails between the two commits, or in the second, the client gets an error,
and half of the work is stored. A retry then does that half twice, or meets

    sqlalchemy.exc.IntegrityError: UNIQUE constraint failed

It is off by default because two commits can be meant: a job's state that others shall see, or a record of the attempt.

## Example

```python
from fastapi import APIRouter
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))
router = APIRouter()


@router.post("/orders")
def order() -> None:
    with SessionLocal() as db:
        db.execute(text("insert into orders default values"))
        db.commit()
        db.execute(text("update stock set left_over = left_over - 1"))
        db.commit()
```

## Use instead

```python
from fastapi import APIRouter
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))
router = APIRouter()


@router.post("/orders")
def order() -> None:
    with SessionLocal() as db:
        db.execute(text("insert into orders default values"))
        db.execute(text("update stock set left_over = left_over - 1"))
        db.commit()
```

Where the first statement's key is needed for the second, `flush()` gives it.

## Fix safety

There is no fix: what belongs together only you know.

## When to switch it off

It is off unless you select it. Leave it off where requests are meant to store their work in steps.

## References

- [SQLAlchemy: when do I construct a Session, when do I commit it, and when do I close it?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
- [SQLAlchemy: flushing](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#flushing)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL208."""
    for scope in context.functions():
        for pair in context.requests.pairs(scope):
            message = f"the second commit of `{pair.name}` in one request: when it fails, the first cannot be undone"
            trail = (context.note(scope, pair.first, "the first commit"),)
            yield rule.finding(scope.module.path, context.span(scope, pair.second), message, trail=trail)


RULE = Rule(
    code="FSL208",
    name="several-commits-in-one-request",
    summary="A request commits twice: when the second commit fails, the first cannot be undone.",
    severity=Severity.INFO,
    documentation=__doc__ or "",
    check=check,
    default=False,
)
