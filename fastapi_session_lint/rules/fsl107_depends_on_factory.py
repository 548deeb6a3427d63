"""`Depends` is given a session factory or a session class, and FastAPI takes its parameters for those of the request.

## What it does

Reports a `Depends` that names a `sessionmaker`, `async_sessionmaker`, `scoped_session` or a session class, under
whatever name it was imported, and a bare `Depends()` on a parameter that is annotated with a session class. The finding
stands at the `Depends`.

Not reported: a function that returns or yields a session, whatever its name; a class or factory that the application
replaces in `dependency_overrides`, or may replace there, by keys that cannot be read.

## Why is this bad?

FastAPI looks at the parameters of what it calls. Those of a factory are `**local_kw`, so each request is answered 422:

    {"type": "missing", "loc": ["query", "local_kw"], "msg": "Field required"}

With `?local_kw=1` it becomes `TypeError: Session.__init__() got an unexpected keyword argument 'local_kw'`. The class
`Session` gives a session without an engine (`UnboundExecutionError: Could not locate a bind configured on SQL
expression or this Session.`), or, before SQLAlchemy 2, turns the class's parameters into those of the query. And nobody
would close that session: only code behind a `yield` runs after the request.

## Example

```python
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


@app.get("/users/count")
def count_users(db: Session = Depends(SessionLocal)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Fix safety

There is no fix: a dependency has to be written, and where it belongs is yours to decide.

## When to switch it off

Where something outside of the checked code replaces the factory in `dependency_overrides`.

## References

- [FastAPI: dependencies with yield](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/)
- [FastAPI: classes as dependencies](https://fastapi.tiangolo.com/tutorial/dependencies/classes-as-dependencies/)
- [SQLAlchemy: closing](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#closing)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


_WHAT = {
    "factory": "takes the parameter `local_kw` of the session factory for one of the query: each request gets 422",
    "registry": "takes the parameter `kw` of the session registry for one of the query: each request gets 422",
    "class": "makes a session without an engine: its first statement raises UnboundExecutionError",
    "async class": "takes the parameter `kw` of the session class for one of the query: each request gets 422",
    "own class": "makes a session of this class",
}


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL107; FSL106 owns Depends(SessionLocal()), FSL104 a lambda that calls the factory."""
    for found in context.injections.made():
        scope = found.marker.scope
        message = f"FastAPI {_WHAT[found.form]}; and nobody closes that session"
        yield rule.finding(scope.module.path, context.span(scope, found.marker.call.place), message)


RULE = Rule(
    code="FSL107",
    name="depends-on-factory",
    summary="Depends is given a session factory or class: requests are answered 422, and no session is ever closed.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
