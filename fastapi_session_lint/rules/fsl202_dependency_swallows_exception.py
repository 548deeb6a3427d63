"""A dependency catches the endpoint's exception at its `yield` and does not raise it again.

## What it does

Reports an `except` around the yield of a dependency that neither re-raises nor raises something else, a `return` in
its finally, `contextlib.suppress` around the yield, and a retry loop that yields a second time. The finding stands at
the `except`. It is an *error* from FastAPI 0.110 and *info* for older versions.

Not reported: handlers that raise on every path, another exception included; handlers for GeneratorExit or
CancelledError only, which are no endpoint's errors.

## Why is this bad?

FastAPI raises the endpoint's exception at the yield. From 0.110 on a dependency that swallows it leaves FastAPI
without a response, and *every* exception becomes a 500: an `HTTPException(404)` and exceptions with a handler of
their own, too. The log names none of them, only

    fastapi.exceptions.FastAPIError: Response not awaited. There's a high chance that the application code is raising
    an exception and a dependency with yield has a block with a bare except, or a block with except Exception, and is
    not raising the exception again.

(`No response object was returned...` before 0.118.) A handler for some errors only, such as SQLAlchemyError, does this
to those alone: `@app.exception_handler(SQLAlchemyError)` never sees them. Where a `commit()` follows the yield inside
the same try, its failure is swallowed too: the client gets a 200, and nothing is stored.

A second `yield` after the error raises `RuntimeError: generator didn't stop after throw()`.

## Example

```python
import logging
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

logger = logging.getLogger(__name__)
engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    except Exception:
        db.rollback()
        logger.exception("the request failed")
    finally:
        db.close()


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
import logging
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

logger = logging.getLogger(__name__)
engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    except Exception:
        db.rollback()
        logger.exception("the request failed")
        raise
    finally:
        db.close()


@app.get("/users/count")
def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))
```

## Fix safety

The fix is unsafe, and recommended: it adds `raise` as the last statement of the handler. From FastAPI 0.110 clients
then get the status that the endpoint meant instead of a 500; before 0.110 nothing changes for them.

## When to switch it off

On FastAPI before 0.110, where the client still gets the right response.

## References

- [FastAPI: always raise in dependencies with yield and except](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#always-raise-in-dependencies-with-yield-and-except)
- [FastAPI: dependencies with yield and except, technical details](https://fastapi.tiangolo.com/advanced/advanced-dependencies/#dependencies-with-yield-and-except-technical-details)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_RAISE_BECAME_NEEDED = "0.110"
"""The FastAPI release that stopped re-raising an endpoint's error after a dependency had swallowed it."""

_OF_OTHERS = "it becomes a 500 that its own exception handler never sees"


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL202."""
    for scope in context.functions():
        if not context.is_session_dependency(scope):
            continue
        for one in context.swallowed_errors(scope):
            span = context.span(scope, one.place)
            if context.versions(scope).fastapi.at_least(_RAISE_BECAME_NEEDED):
                severity = Severity.ERROR
                of_http = "every HTTPException becomes a 500 and the error is hidden"
                message = f"an endpoint's error ends here: {of_http if one.takes_http else _OF_OTHERS}"
            else:
                severity = Severity.INFO
                message = "an endpoint's error ends here; from FastAPI 0.110 on it becomes a 500"
            trail = (context.note(scope, one.yielded, "the endpoint's error arrives here"),)
            repair = Repair(RepairKind.ADD_RAISE, span, limit=Applicability.UNSAFE) if one.is_handler else None
            yield rule.finding(scope.module.path, span, message, severity=severity, trail=trail, repair=repair)


RULE = Rule(
    code="FSL202",
    name="dependency-swallows-exception",
    summary="A dependency swallows the endpoint's exception: the client gets a 500 and the log loses the cause.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.UNSAFE,
)
