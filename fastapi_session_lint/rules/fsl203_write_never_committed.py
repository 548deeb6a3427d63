"""A session is opened, written to and closed, and nobody commits it.

## What it does

Reports the first write of a session that a function opens by itself, where the session is closed or dropped with no
commit on any path. Writes are `add()` and `merge()` of an object that is made or changed there, `delete()`, the bulk
methods, `execute()` of an insert, update or delete, `query(...).update()` and `.delete()`, and helpers that do one of
these. A session opened by a context manager of the project counts as well, if that manager never commits.

The finding stands at the first write.

Left alone: blocks of `begin()`; context managers and helpers that commit, in this module or in another; a session that
is handed on to code which is not known; a rollback where nothing has failed, which is meant; engines with
`isolation_level="AUTOCOMMIT"`, and sessions on a connection that somebody else commits; `add()` of an object that was
loaded elsewhere, by which it is attached again; attributes that are set on loaded objects, where no `flush()` follows;
tests and fixtures.

## Why is this bad?

Leaving the `with`, or `close()`, rolls back what was not committed. No exception is raised and nothing is logged; even
the `flush()` that returned a fresh primary key is undone:

    BEGIN (implicit)
    INSERT INTO books (title) VALUES (?)
    ROLLBACK

## Example

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    title: Mapped[str] = mapped_column(primary_key=True)


def store(title: str) -> None:
    with SessionLocal() as db:
        db.add(Book(title=title))
        db.flush()
```

## Use instead

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    title: Mapped[str] = mapped_column(primary_key=True)


def store(title: str) -> None:
    with SessionLocal() as db:
        db.add(Book(title=title))
        db.commit()
```

Or `with SessionLocal.begin() as db:`, which commits when the block ends well.

## Fix safety

There is no fix: where the transaction ends is yours to say.

## When to switch it off

Where the rows are only needed until the block ends, on that line.

## References

- [SQLAlchemy: committing](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#committing)
- [SQLAlchemy: framing out a begin / commit / rollback block](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#framing-out-a-begin-commit-rollback-block)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL203; FSL108 owns a commit that comes after the close, FSL101 a session never closed."""
    for scope in context.functions():
        for one in context.writes.never_committed(scope):
            message = (
                f"what `{one.text}` writes is lost: `{one.name}` is committed on no path, and its close rolls back"
            )
            yield rule.finding(scope.module.path, context.span(scope, one.place), message)


RULE = Rule(
    code="FSL203",
    name="write-never-committed",
    summary="What is written is committed on no path, and closing the session rolls it back without a word.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
