"""A session, or a factory of sessions, is asked for `autocommit=True`, which SQLAlchemy 2 does not have any more.

## What it does

Reports `autocommit=True` for `sessionmaker`, `async_sessionmaker`, a session class, a call of a factory, and
`configure()`, on SQLAlchemy 2 and later. The finding stands at the call.

Not reported: `autocommit=False`, which every release accepts; SQLAlchemy 1.4.

## Why is this bad?

SQLAlchemy 2 refuses it, and not where the factory is made but where it makes the first session, so the application
starts and its first request fails:

    sqlalchemy.exc.ArgumentError: autocommit=True is no longer supported

## Example

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine, autocommit=True)
```

## Use instead

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app", isolation_level="AUTOCOMMIT")
SessionLocal = sessionmaker(engine)
```

Better still, commit where the work is done, or use `with SessionLocal.begin() as session:`.

## Fix safety

There is no fix: without it nothing is committed, and where to commit only you know.

## When to switch it off

Where the project runs on SQLAlchemy 1.4 and does not say so: set `sqlalchemy-version = "1.4"` instead.

## References

- [SQLAlchemy: the "autocommit" mode is removed](https://docs.sqlalchemy.org/en/20/changelog/migration_20.html#library-level-but-not-driver-level-autocommit-removed-from-both-core-and-orm)
- [SQLAlchemy: setting isolation levels, DBAPI autocommit](https://docs.sqlalchemy.org/en/20/orm/session_transaction.html#setting-transaction-isolation-levels-dbapi-autocommit)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


_REMOVED = "2.0"
"""The SQLAlchemy release that no longer takes autocommit=True."""


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL206."""
    for scope in context.scopes():
        if context.versions(scope).sqlalchemy.before(_REMOVED):
            continue
        for call, makes_session in context.transactions.autocommitting(scope):
            where = "this call" if makes_session else "the first session that is made here"
            message = f"SQLAlchemy 2 has no `autocommit=True`: {where} raises ArgumentError"
            yield rule.finding(scope.module.path, context.span(scope, call.place), message)


RULE = Rule(
    code="FSL206",
    name="autocommit-session",
    summary="autocommit=True is gone from SQLAlchemy 2: the first session that is made raises ArgumentError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
