"""An ORM object is read after a commit has expired it and its session is closed.

## What it does

Reports a read of an object, or its return from a route, where the session that it belongs to was committed and is
closed. The session has to be made in the function, by a factory or class of which is known that `expire_on_commit` is
on, as it is by default. What a function of the project returns in this state counts in its callers, too. The finding
stands at the statement that reads or returns the object.

Not reported: an object that was refreshed, or read once more, between the commit and the close; plain values that were
taken out before; factories with `expire_on_commit=False`, or of which it is not known; objects that were deleted or
expunged; the session of a request, which FastAPI closes when the response has been made; tests.

## Why is this bad?

A commit expires all objects of its session: the next read of any attribute, the primary key included, asks the
database for the row again. A closed session has let go of its objects, and they have nobody to ask:

    sqlalchemy.orm.exc.DetachedInstanceError: Instance <User at 0x7f0000000000> is not bound to a Session; attribute
    refresh operation cannot proceed

The row is stored by then. A route that returns the object answers 500 although all went well, with

    fastapi.exceptions.ResponseValidationError: Error extracting attribute: DetachedInstanceError

and without a response model it answers 200 and `{}`.

## Example

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def add_user(name: str) -> int:
    user = User(name=name)
    with SessionLocal.begin() as db:
        db.add(user)
    return user.id
```

## Use instead

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


def add_user(name: str) -> int:
    user = User(name=name)
    with SessionLocal.begin() as db:
        db.add(user)
        db.flush()
        return user.id
```

`db.refresh(user)` after a commit reads the columns again and lets the object be used later on. So does a factory with
`expire_on_commit=False`, but for relationships.

## Fix safety

There is no fix: which values to take out before, or whether to refresh the object, is yours to say.

## When to switch it off

Never: the read fails whenever it is reached.

## References

- [SQLAlchemy: instance is not bound to a session](https://docs.sqlalchemy.org/en/20/errors.html#parent-instance-x-is-not-bound-to-a-session-lazy-load-deferred-load-refresh-etc-operation-cannot-proceed)
- [SQLAlchemy: committing](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#committing)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL112; FSL108 owns a session that is used after its end, FSL406 async factories that expire."""
    for scope in context.functions():
        for one in context.objects.uses(scope):
            cause = "the commit has expired the object, and its session is closed"
            message = f"FastAPI finds no values in what is returned: {cause}"
            if one.what:
                message = f"`{one.what}` cannot be read: {cause} (DetachedInstanceError)"
            yield rule.finding(scope.module.path, context.span(scope, one.place), message, trail=one.trail)


RULE = Rule(
    code="FSL112",
    name="object-used-after-its-session",
    summary="An object is read after a commit expired it and its session was closed: DetachedInstanceError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
