"""Every request makes a session factory of its own.

## What it does

Off by default. Reports `sessionmaker` and `async_sessionmaker` in a route, a dependency, a task of a queue, or in what
they call, at whatever remove. The finding stands at the call.

Where the engine is made there as well, that is FSL503's. Not reported: start-up, life-span, scripts, fixtures; getters
with a cache or a guard; objects that are built once.

## Why is this bad?

It does no harm at run time: making a factory takes 7 to 8 microseconds and leaks nothing. But a factory is where a
project says once how its sessions behave. Made in many places, its options drift apart, and tests cannot replace it.

## Example

```python
from collections.abc import Iterator

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker
from fastapi import Depends, FastAPI

engine = create_engine("postgresql+psycopg://localhost/app")
app = FastAPI()


def get_db() -> Iterator[Session]:
    with sessionmaker(engine)() as db:
        yield db


@app.get("/users/{user_id}")
def read_user(user_id: int, db: Session = Depends(get_db)) -> int:
    return user_id
```

## Use instead

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/{user_id}")
def read_user(user_id: int, db: Session = Depends(get_db)) -> int:
    return user_id
```

## Fix safety

There is no fix: the factory has to move to another place, and perhaps to another module.

## When to switch it off

It is off by default, because nothing breaks. Leave it off where each request has an engine of its own choice, as in a
project with a database per tenant.

## References

- [SQLAlchemy: using a sessionmaker](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#using-a-sessionmaker)
- [SQLAlchemy: when do I make a sessionmaker?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-make-a-sessionmaker)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL504; FSL503 owns a factory on an engine that is made there as well."""
    for scope in context.functions():
        for one in context.per_request.factories(scope):
            way = one.way
            occasion = "each task" if way.is_task else "each request"
            note = context.note(way.entry, way.entry_place, f"`{way.entry_name}` runs for {occasion}")
            message = f"{occasion} calls `{one.maker}`; a factory at module level would serve them all"
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message, trail=(note,))


RULE = Rule(
    code="FSL504",
    name="factory-per-request",
    summary="Each request makes a session factory of its own, where one for the process would do.",
    severity=Severity.INFO,
    documentation=__doc__ or "",
    check=check,
    default=False,
)
