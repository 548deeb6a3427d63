"""`Depends` is given what a call returns instead of the function that FastAPI shall call.

## What it does

Reports `Depends(get_db())` and `Depends(SessionLocal())`: a `Depends` or `Security` whose argument is a generator, a
coroutine, a session or a context manager, in place or kept in a name before. The finding stands at the `Depends`.

What the call gives decides, never how it looks. Not reported: `Depends(make_dependency("admin"))` where the function
returns another function, `Depends(RoleChecker("admin"))` where the class has a `__call__`, `Depends(HTTPBearer())`.

## Why is this bad?

FastAPI wants something to call for each request. The application does not start:

    TypeError: <generator object get_db at 0x7f2a9c1d5460> is not a callable object

A function under `contextmanager` gives an object that can be called, for another purpose. Here the application starts,
and each request is answered 422: `{"type": "missing", "loc": ["query", "func"], "msg": "Field required"}`.

## Example

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
def count_users(db: Session = Depends(get_db())) -> int:
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

The fix drops the parentheses. It is safe, since nothing runs before; it is offered where the function takes no argument
that a request would have to bring. There is none for `Depends(SessionLocal())`: a factory is no dependency either
(FSL107).

## When to switch it off

Never: the application cannot serve a request.

## References

- [FastAPI: dependencies, first steps](https://fastapi.tiangolo.com/tutorial/dependencies/)
- [FastAPI: parameterized dependencies](https://fastapi.tiangolo.com/advanced/advanced-dependencies/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Note, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.injections import Called

_NAMES = {"generator": "a generator", "coroutine": "a coroutine", "session": "a session"}


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL106; FSL107 owns a call that gives a factory, FSL109 a marker that a function body keeps."""
    for found in context.injections.called():
        scope = found.marker.scope
        span = context.span(scope, found.marker.call.place)
        trail: tuple[Note, ...] = ()
        if found.callee is not None:
            function = found.callee
            trail = (context.note(function.scope, function.function.place, "this is what is called"),)
        repair = None
        if found.may_drop:
            repair = Repair(RepairKind.DROP_CALL, context.span(scope, found.target.place))
        yield rule.finding(scope.module.path, span, _message(found), trail=trail, repair=repair)


def _message(found: Called) -> str:
    if found.form == "manager":
        return (
            "Depends is given a context manager, not a function: FastAPI takes its parameter `func` for one of the "
            "query, and answers each request with 422"
        )
    return (
        f"Depends is given {_NAMES[found.form]}, which is what the call returns, not a function: the import fails with "
        "TypeError: … is not a callable object"
    )


RULE = Rule(
    code="FSL106",
    name="depends-on-call",
    summary="Depends is given the result of a call, which FastAPI cannot call: the application does not start.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
    hides=frozenset({"FSL103", "FSL104", "FSL202", "FSL401"}),
)
