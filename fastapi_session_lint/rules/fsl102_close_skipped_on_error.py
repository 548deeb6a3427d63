"""A session is closed when all goes well, but an error or an early way out goes past its `close()`.

## What it does

Reports a call that creates a session when some path closes it and another does not: an error raised between creation
and `close()`, a `return` before it, or an `except` for some errors only with the close behind it; also a session that
an object makes when it is entered, where its `__exit__` commits before it closes, with no `finally`. Code that is not
known, a dictionary, or the request may get the session meanwhile: who closes it has only lent it. The finding stands at
the creating call; its trail names the line that raises past the close.

Not reported: an error path that ends in `rollback()`, which gives the connection back; statements in between that
cannot raise, such as assignments of names and logging; pytest fixtures, into which pytest throws nothing; providers
of dependency containers, which are resumed when an error passes; an engine with a `StaticPool`, whose one connection
everybody gets.

A session that no path closes is FSL101. A dependency whose close is skipped is FSL103.

## Why is this bad?

The connection of the failed call stays checked out until the garbage collector runs, or for ever while something
keeps the exception and with it the frame: an error tracker, a log record, a stored `last_error`. The pool loses one
connection with each failure, so the first outage of anything that this function calls turns into:

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

## Example

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users() -> int:
    db = SessionLocal()
    total = db.scalar(text("select count(*) from users"))
    db.close()
    return total
```

## Use instead

```python
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users() -> int:
    db = SessionLocal()
    try:
        return db.scalar(text("select count(*) from users"))
    finally:
        db.close()
```

## Fix safety

The fix is safe where it can put the statements between creation and close into try/finally: one creation and one
`close()` in the same block, no rebinding of the name, no `yield`, no use after the close. The creation stays outside
the try, because inside it a failing factory would be hidden by an `UnboundLocalError`.

Everywhere else the fix is a `with` block, and unsafe: a test that replaces the factory by a mock gets the result of
`__enter__` instead of the mock, and code that uses loaded objects after the old place of the close may see them
detached.

## When to switch it off

In scripts that run once and exit on the first error.

## References

- [SQLAlchemy: closing a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#closing)
- [SQLAlchemy: opening and closing a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#opening-and-closing-a-session)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Note, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context, Creation


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL102; FSL101 owns a session that no path closes, FSL103 one that a dependency yields."""
    for scope in context.functions():
        if context.framework.is_fixture(scope) or context.framework.is_provider(scope):
            continue
        for creation in context.creations(scope):
            life = context.life(creation)
            if life.complete and life.is_closed_somewhere and not context.is_yielded_dependency(creation):
                yield from _finding(rule, context, creation)
        for one in context.work_units.skipped_closes(scope):
            made = one.creation
            message = f"`{one.name}` is not closed when its commit fails: its connection stays checked out"
            trail = (context.note(one.leaving, one.commit.place, "an error here skips the close"),)
            yield rule.finding(scope.module.path, context.span(scope, made.call.place), message, trail=trail)


def _finding(rule: Rule, context: Context, creation: Creation) -> Iterator[Finding]:
    leaks = context.leaks(context.life(creation))
    if not leaks or context.session_engines.is_shared_by_all(creation.call, creation.scope):
        return
    failed, point = leaks[0]
    scope, span = creation.scope, context.span(creation.scope, creation.call.place)
    subject = context.subject(creation)
    named = f"`{subject}`" if subject else "The session made here"
    life = context.life(creation)
    raiser = life.skipping_raise(point) if failed else life.raise_past_close(point)
    left = None if failed else life.last_return(point)
    trail: tuple[Note, ...] = ()
    if raiser is not None:
        what = "raises here" if raiser.name == "raise" else "an error here skips the close"
        trail = (context.note(scope, raiser.place, what),)
        some = not failed or life.is_closed_on_some_error
        where = "not closed on every path" if some else "closed on the good path only"
        message = f"{named} is {where}: an error before its close() leaves its connection checked out"
    else:
        message = f"{named} is not closed on every path: one way out leaves its connection checked out"
    if left is not None:
        trail += (context.note(scope, left, "this way out does not close it"),)
    repair = Repair(RepairKind.CLOSE_SESSION, span, subject, creation.session.is_async, Applicability.SAFE)
    yield rule.finding(scope.module.path, span, message, trail=trail, repair=repair if subject else None)


RULE = Rule(
    code="FSL102",
    name="close-skipped-on-error",
    summary="An error or an early way out skips the session's close(): its connection stays out of the pool.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
)
