"""A function creates a session, never closes it and gives it to nobody who does.

## What it does

Reports a call that creates a session (`SessionLocal()`, `Session(engine)`, `AsyncSessionLocal()`, a helper that
returns an open session) when no path of the function closes it and none hands it to an owner. The finding stands at
the creating call.

These count as owners, and nothing is reported: a session that is returned or yielded, entered (`with`, `async with`,
`enter_context`, `closing`), registered for later (`stack.callback(db.close)`, `atexit`, `weakref.finalize`), stored
on an object or in a container that closes it, or passed to a function that closes or keeps it. A helper that only
queries is no owner.

Left alone, because somebody else ends them: a session bound to a connection that the function was given
(`Session(bind=op.get_bind())` in a migration), a session closed under an ownership flag (`if own: db.close()`), and
fixtures that pytest finalises.

The finding is only *info* where every path ends in `commit()` or `rollback()` and nothing is read after it: the
connection is back in the pool then; and where the engine has a `StaticPool`, which gives one connection to everybody. A
close that exists but can be skipped is FSL102. A generator that was called by
hand is FSL105. A session that outlives the function in a module, a class or an object is FSL301 to FSL304.

## Why is this bad?

A session in an open transaction is part of a reference cycle, so it is not freed when its last name goes away. Its
connection stays checked out until the garbage collector happens to run, and the locks of an unfinished UPDATE stay
with it; PostgreSQL shows the backend as `idle in transaction`. Under load the pool runs dry:

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

In a loop of 200 calls on a pool of five, more than 150 failed like this. An AsyncSession adds:

    SAWarning: The garbage collector is trying to clean up non-checked-in connection <AdaptedConnection ...>,
    which will be terminated.

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users() -> int:
    db = SessionLocal()
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users() -> int:
    with SessionLocal() as db:
        return db.scalar(text("select count(*) from users"))
```

## Fix safety

The fix is unsafe. It puts the session into `with` (or `async with`), and with that it ends the life of what the
session loaded: an ORM object that is returned raises `DetachedInstanceError` when one of its lazy attributes is read
later, and a `Query` that was returned unevaluated opens a new transaction. The block holds all that the function does
with the objects that it has loaded or added. There is no fix where a background task gets the session: the block would
end before the task begins.

## When to switch it off

In short scripts that end right after their work. A process that exits gives all its connections back.

## References

- [SQLAlchemy: closing a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#closing)
- [SQLAlchemy: when to make, commit and close a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
- [SQLModel: a session in a with block](https://sqlmodel.tiangolo.com/tutorial/insert/#create-a-session-in-a-with-block)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context, Creation


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL101; FSL102 owns a session that some path closes, FSL103 one that a dependency yields."""
    for scope in context.functions():
        for creation in context.creations(scope):
            life = context.life(creation)
            if life.complete and life.is_left_open and life.is_worked_with:
                yield _finding(rule, context, creation)


def _finding(rule: Rule, context: Context, creation: Creation) -> Finding:
    life = context.life(creation)
    scope, span = creation.scope, context.span(creation.scope, creation.call.place)
    subject = context.subject(creation)
    named = f"`{subject}`" if subject else "The session made here"
    use = life.connecting()
    notes = [context.note(scope, use.place, f"`{use.name}()` checks a connection out")] if use is not None else []
    limit = Applicability.UNSAFE
    can_be_closed = subject and not context.background.outlives(scope, subject)
    repair = (
        Repair(RepairKind.CLOSE_SESSION, span, subject, creation.session.is_async, limit) if can_be_closed else None
    )
    if life.is_settled:
        message = (
            f"{named} is never closed; its connection is back in the pool only because it ends in commit or rollback"
        )
        return rule.finding(scope.module.path, span, message, severity=Severity.INFO, repair=repair)
    if context.session_engines.is_shared_by_all(creation.call, scope):
        message = f"{named} is never closed; nobody misses its connection only because a StaticPool gives one to all"
        return rule.finding(scope.module.path, span, message, severity=Severity.INFO, trail=tuple(notes), repair=repair)
    message = f"{named} is never closed: its connection stays checked out of the pool until it is garbage-collected"
    return rule.finding(scope.module.path, span, message, trail=tuple(notes), repair=repair)


RULE = Rule(
    code="FSL101",
    name="unclosed-session",
    summary="A session is created and closed on no path: it keeps its connection out of the pool.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.UNSAFE,
    hides=frozenset({"FSL201"}),
)
