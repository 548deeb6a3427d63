"""A function under `@contextmanager` is a dependency: what FastAPI gets from it is a manager, not a session.

## What it does

Reports a `Depends` that names a function, method or callable object decorated with `contextmanager` or
`asynccontextmanager`, or one that was made with `contextmanager(get_db)`. The finding stands at the `Depends`.

Not reported: the plain generator behind it; before FastAPI 0.123.5 a manager that the endpoint itself enters.

## Why is this bad?

FastAPI makes a context manager of a generator by itself. What is one already is not recognised, or taken for the
generator that it hides. Before FastAPI 0.123.5 the parameter gets the manager:

    AttributeError: '_GeneratorContextManager' object has no attribute 'execute'

From 0.123.5 on each request fails before the endpoint is called, and in the newest releases with

    TypeError: '_GeneratorContextManager' object is not an iterator
    TypeError: '_AsyncGeneratorContextManager' object is not an async iterator

## Example

```python
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


@contextmanager
def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


session_scope = contextmanager(get_db)  # for scripts and jobs


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Fix safety

The fix drops the decorator, where the function stands in the same file and nothing calls it. It is safe where nothing
but `Depends` speaks of the function, unsafe where it is handed on. There is none where other code enters it: that code
would break.

## When to switch it off

Never on FastAPI 0.123.5 or later: the endpoint is not reached.

## References

- [FastAPI: dependencies with yield](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/)
- [Python: contextlib.contextmanager](https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.injections import Managed

_UNWRAPPED = "0.123.5"


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL110; FSL106 owns Depends(get_db()) on such a function."""
    for found in context.injections.managed():
        scope, function = found.marker.scope, found.function.function
        is_injected = context.versions(scope).fastapi.before(_UNWRAPPED)
        if is_injected and context.injections.is_entered(found.marker):
            continue
        made = f"`{function.name}` gives a context manager"
        if is_injected:
            message = f"{made}, and that is what is injected: using it as a session raises AttributeError"
        else:
            message = f"{made}, which FastAPI takes for the generator behind it: each request fails with TypeError"
        trail = (context.note(found.function.scope, function.place, "decorated here"),) if found.is_decorated else ()
        span = context.span(scope, found.marker.call.place)
        yield rule.finding(scope.module.path, span, message, trail=trail, repair=_repair(context, found))


def _repair(context: Context, found: Managed) -> Repair | None:
    """The decorator may go where it is the only one, in this file, and nobody enters what the function gives."""
    function = found.function
    home = function.scope
    if not found.is_decorated or home.module is not found.marker.scope.module or context.framework.callers(home):
        return None
    is_safe = context.injections.is_only_injected(function) and not context.injections.is_entered(found.marker)
    limit = Applicability.SAFE if is_safe else Applicability.UNSAFE
    return Repair(RepairKind.DROP_DECORATOR, context.span(home, function.function.place), limit=limit)


RULE = Rule(
    code="FSL110",
    name="contextmanager-as-dependency",
    summary="A function under @contextmanager is a dependency: the endpoint gets a manager, or the request fails.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
    hides=frozenset({"FSL103", "FSL201", "FSL202", "FSL401", "FSL402", "FSL410"}),
)
