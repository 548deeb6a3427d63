"""A route begins a transaction on an injected session that another dependency of the same request has already used.

## What it does

Off by default. Reports `db.begin()` in a route when `db` comes from the same dependency as the session of another
dependency of this route, and that one has queried without committing or rolling back. The finding stands at the
`begin()`, its trail leads to the query.

Not reported: a route that commits or rolls back before it begins, or asks `db.in_transaction()`; dependencies that
get a session of their own, by `use_cache=False` or by another scope; dependencies of a router or of the app.

## Why is this bad?

FastAPI calls a dependency once for each request, so the route and the dependency that finds the user have the same
session. The query has begun a transaction by itself, and the second one is refused:

    sqlalchemy.exc.InvalidRequestError: A transaction is already begun on this Session.

Without the other dependency the same lines work, and so they pass tests that override it. It is off by default because
the first real request shows it.

## Example

```python
from collections.abc import Iterator

from fastapi import APIRouter, Depends
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))
router = APIRouter()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def current_user(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select id from users where name = 'me'"))


@router.post("/visits")
def add_visit(user: int = Depends(current_user), db: Session = Depends(get_db)) -> None:
    with db.begin():
        db.execute(text("insert into visits (user_id) values (:user)"), {"user": user})
```

## Use instead

```python
from collections.abc import Iterator

from fastapi import APIRouter, Depends
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))
router = APIRouter()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def current_user(db: Session = Depends(get_db)) -> int:
    with db.begin():
        return db.scalar(text("select id from users where name = 'me'"))


@router.post("/visits")
def add_visit(user: int = Depends(current_user), db: Session = Depends(get_db)) -> None:
    with db.begin():
        db.execute(text("insert into visits (user_id) values (:user)"), {"user": user})
```

## Fix safety

There is no fix: the other dependency can end its transaction, or the route commit instead of beginning one.

## When to switch it off

It is off unless you select it.

## References

- [SQLAlchemy: auto begin](https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#explicit-begin)
- [FastAPI: using the same dependency multiple times](https://fastapi.tiangolo.com/tutorial/dependencies/sub-dependencies/#using-the-same-dependency-multiple-times)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL211."""
    for scope in context.functions():
        for one in context.requests.second_begins(scope):
            message = f"`{one.dependency}` has begun a transaction on `{one.name}` already: this `begin()` raises"
            yield rule.finding(scope.module.path, context.span(scope, one.place), message, trail=(one.used,))


RULE = Rule(
    code="FSL211",
    name="begin-on-used-session",
    summary="A route begins a transaction on a session that another dependency has used: InvalidRequestError.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    default=False,
)
