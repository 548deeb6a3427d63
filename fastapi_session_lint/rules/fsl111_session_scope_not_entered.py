"""A context manager that gives a session is used as if it were the session.

## What it does

Reports the call of a function under `contextmanager` or `asynccontextmanager` that yields a session, where methods of a
session are called on the result, or where the result is awaited, advanced by `next` or gone through by a loop, without
a `with`. The finding stands at the call.

Not reported: a manager that is kept and entered later, returned, stored, passed on, or given to `enter_context`; an
object of your own with `__enter__` and methods of its own.

## Why is this bad?

Calling the function only makes the manager; its body runs when `with` enters it. There is no session yet:

    AttributeError: '_GeneratorContextManager' object has no attribute 'execute'
    TypeError: object _AsyncGeneratorContextManager can't be used in 'await' expression
    TypeError: '_GeneratorContextManager' object is not an iterator

## Example

```python
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


@contextmanager
def session_scope() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def count_users() -> int:
    db = session_scope()
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


@contextmanager
def session_scope() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def count_users() -> int:
    with session_scope() as db:
        return db.scalar(text("select count(*) from users"))
```

## Fix safety

There is no fix: where the `with` has to end is yours to decide.

## When to switch it off

Never: the call cannot work.

## References

- [Python: contextlib.contextmanager](https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager)
- [SQLAlchemy: when do I construct a session, and when do I close it?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.unentered import Unentered


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL111; FSL105 owns a generator without the decorator, FSL409 a `with` of the other kind."""
    for scope in (*context.modules(), *context.functions()):
        for found in context.unentered_managers(scope):
            function = found.function
            trail = (context.note(function.scope, function.function.place, "the manager is defined here"),)
            span = context.span(scope, found.call.place)
            yield rule.finding(scope.module.path, span, _message(found), trail=trail)


def _message(found: Unentered) -> str:
    subject = f"`{found.subject}`" if found.subject else f"what `{found.function.function.name}` gives"
    failure = {
        "attribute": f"`.{found.attribute}` raises AttributeError",
        "await": "awaiting it raises TypeError",
        "for": "going through it raises TypeError",
        "next": "next() of it raises TypeError",
    }[found.form]
    return f"{subject} is a context manager that no `with` enters, and not a session: {failure}"


RULE = Rule(
    code="FSL111",
    name="session-scope-not-entered",
    summary="A context manager that gives a session is used without `with`: AttributeError on the first use.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
