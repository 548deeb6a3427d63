"""A statement is given as a plain string, which SQLAlchemy 2 refuses.

## What it does

Reports `execute`, `scalar`, `scalars`, `exec`, `stream` and `stream_scalars` of a session or connection with a string,
an f-string or a name that holds one, and `execute` and `scalar` of an engine, where the project runs on SQLAlchemy 2.
The finding stands at the call.

Not reported: what is not known to be a session, a connection or an engine of SQLAlchemy, as a cursor of the driver,
alembic's `op.execute`, or a session class that takes strings itself; `exec_driver_sql`, which is for strings;
SQLAlchemy 1.4, which takes them. FSL412 owns async engines.

## Why is this bad?

The call raises each time it runs:

    sqlalchemy.exc.ArgumentError: Textual SQL expression 'select 1' should be explicitly declared as text('select 1')

and an engine has no such method any more: `AttributeError: 'Engine' object has no attribute 'execute'`. Health checks
and rarely used reports are where it goes unnoticed after an upgrade from 1.4.

## Example

```python
from sqlalchemy.orm import Session


def is_alive(db: Session) -> bool:
    return db.scalar("select 1") == 1
```

## Use instead

```python
from sqlalchemy import text
from sqlalchemy.orm import Session


def is_alive(db: Session) -> bool:
    return db.scalar(text("select 1")) == 1
```

## Fix safety

The fix is safe: it wraps the string in `text(…)`, and imports that where it is not yet. There is none where parameters
are given and the string has no `:name` for them: the driver's `?` and `%s` mean nothing to `text`. A value belongs into
a parameter, not into an f-string; the fix leaves that as it is.

For an engine the fix is displayed only. It puts the statement into `with engine.begin() as connection:`, which gives it
a transaction of its own, as it had before SQLAlchemy 2; whether it should share one with its neighbours is for you to
say. There is none where the result is read behind the statement, since it is closed at the end of the block: read it
there, by `.all()` for example.

## When to switch it off

Never: the call cannot work.

## References

- [SQLAlchemy: executing with textual SQL](https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text)
- [SQLAlchemy: migrating to 2.0](https://docs.sqlalchemy.org/en/20/changelog/migration_20.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.vocabulary import TEXT_NAME

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_REFUSED = "2.0"
"""The SQLAlchemy release that takes no strings any more, and has no Engine.execute."""


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL509; FSL412 owns what an async engine never had."""
    for scope in context.scopes():
        if context.versions(scope).sqlalchemy.before(_REFUSED):
            continue
        for call, name, can_be_wrapped in context.textual_sql.statements(scope):
            span = context.span(scope, call.place)
            message = f"`{name}` raises ArgumentError for a string: SQLAlchemy 2 wants it inside text(…)"
            repair = Repair(RepairKind.WRAP_IN_TEXT, span) if can_be_wrapped else None
            yield rule.finding(scope.module.path, span, message, repair=repair)
        for one in context.textual_sql.engine_calls(scope):
            span = context.span(scope, one.call.place)
            message = f"AttributeError: since SQLAlchemy 2 an engine has no `{one.method}`, only its connections have"
            subject = TEXT_NAME if one.is_text else ""
            repair = Repair(RepairKind.OPEN_CONNECTION, span, subject) if one.can_be_moved else None
            yield rule.finding(scope.module.path, span, message, repair=repair)


RULE = Rule(
    code="FSL509",
    name="textual-sql-without-text",
    summary="SQLAlchemy 2 raises ArgumentError for a statement that is a plain string.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
)
