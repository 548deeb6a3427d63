"""A dependency commits after its `yield`, and FastAPI runs that after the response has been sent.

## What it does

Reports a dependency that commits its session after the yield: by `commit()`, by a function that always does, by
`with SessionLocal.begin() as db:` around the yield, or by a context manager that commits when it is left. The finding
stands at the commit, or at the block. FastAPI 0.106 to 0.117 ran that code before the response, and is left alone.

Not reported: a dependency that is injected as `Depends(..., scope="function")` everywhere; a commit in `finally`, which
is FSL210; a commit of what the dependency writes itself after the yield, such as an audit record; tests.

## Why is this bad?

On FastAPI up to 0.105 and from 0.118 on the code after the yield runs when the client has its answer. When the commit
fails, the client has been told 200 and nothing is stored; only the server's log has the IntegrityError. When it
succeeds, it may be late: of 300 clients that asked for what they had just created, up to 56 got a 404.

## Example

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db
        db.commit()


@app.post("/visits")
def add_visit(db: Session = Depends(get_db)) -> None:
    db.execute(text("insert into visits default values"))
```

## Use instead

```python
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.post("/visits")
def add_visit(db: Session = Depends(get_db)) -> None:
    with db.begin():
        db.execute(text("insert into visits default values"))
```

From FastAPI 0.121 on `Depends(get_db, scope="function")` has the commit run before the response as well.

## Fix safety

The fix is only displayed, never applied: `scope="function"` at the one `Depends` of the dependency, where it stands in
the same file and the project runs on FastAPI 0.121 or later. Dependencies that need this one for the whole request, and
a response that is read from the session while it is sent, do not go with it.

## When to switch it off

Where a write that is lost after a 200 does no harm, and nobody reads back at once what was written.

## References

- [FastAPI: early exit and scope](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/#early-exit-and-scope)
- [FastAPI: dependencies with yield and scope](https://fastapi.tiangolo.com/advanced/advanced-dependencies/#dependencies-with-yield-and-scope)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


_MOVED_BEFORE = "0.106"
_MOVED_BEHIND = "0.118"
"""The FastAPI releases from which on the code after a yield ran before the response, and after it again."""
_SCOPES = "0.121"
"""The FastAPI release that has `scope="function"`."""


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL207; FSL210 owns the commit in a finally."""
    for scope in context.functions():
        fastapi = context.versions(scope).fastapi
        if fastapi.at_least(_MOVED_BEFORE) and fastapi.before(_MOVED_BEHIND):
            continue
        late = context.late_commits.of(scope)
        if late is None or context.late_commits.ends_before_response(scope):
            continue
        what = f"`{late.what}()` runs" if late.what is not None else "this block commits"
        message = f"{what} after the response has been sent: when it fails, the client already has its 200"
        trail = [context.note(scope, late.yielded, "the endpoint runs here, and the response is sent")]
        trail += [late.via] if late.via is not None else []
        span, repair = context.span(scope, late.place), None
        marker = context.late_commits.only_marker(scope) if fastapi.at_least(_SCOPES) else None
        if marker is not None:
            repair = Repair(RepairKind.ADD_FUNCTION_SCOPE, context.span(*marker), limit=Applicability.DISPLAY)
        yield rule.finding(scope.module.path, span, message, trail=tuple(trail), repair=repair)


RULE = Rule(
    code="FSL207",
    name="commit-after-yield",
    summary="A dependency commits after the response: the client has its 200 when the commit fails.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.DISPLAY,
)
