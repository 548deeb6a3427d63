"""Every request makes an engine, and with it a connection pool of its own.

## What it does

Reports `create_engine` and `create_async_engine` in a route, in a dependency, or in what they call, at whatever remove.
The finding stands at the call; its trail leads there from the route. It is an error where nobody disposes of the
engine, and information where somebody does (`dispose()`, `poolclass=NullPool`).

Functions are judged by who calls them: one that merely returns an engine is fine where a module calls it once. Not
reported: start-up, life-span, scripts, migrations, fixtures; getters with a cache or a guard (`lru_cache`, `if
self._engine is None`, an attribute of a class that the function sets itself, a dict of engines by tenant); objects that
are built once; an engine for an address that comes with the request, as long as it is disposed of; a branch for an
argument that no request gives (`if name != MAIN: …`).

## Why is this bad?

A pool keeps its connections open for the next user, and here none ever comes. They are closed when the garbage
collector finds the engine, which may be long after the response. On a server that allows 60 connections, 100 requests
left up to 56 of them open, and then

    sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server failed: FATAL: sorry, too many
    clients already

With `dispose()` nothing is left, but each request connects anew: 3.6 to 5.8 ms in place of 1.0 to 1.4. In-memory SQLite
begins with an empty database each time.

## Example

```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()


@app.get("/users/count")
def count_users() -> int:
    engine = create_engine("postgresql+psycopg://localhost/app")
    with Session(engine) as db:
        return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://localhost/app")
app = FastAPI()


@app.get("/users/count")
def count_users() -> int:
    with Session(engine) as db:
        return db.scalar(text("select count(*) from users"))
```

## Fix safety

There is no fix: where the engine belongs, and what else has to move with it, only you know.

## When to switch it off

Where a route must not share connections with others, as one that creates databases; dispose of the engine there.

## References

- [SQLAlchemy: the engine is created once per process](https://docs.sqlalchemy.org/en/20/core/connections.html#basic-usage)
- [SQLAlchemy: engine disposal](https://docs.sqlalchemy.org/en/20/core/connections.html#engine-disposal)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Note, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.reached import Way

_LEFT = "each request calls `{}`, and that engine's connections stay open until the garbage collector finds it"
_LET_GO = "each request calls `{}`, and so connects anew; an engine of the module would keep its connections"


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL503."""
    for scope in context.functions():
        for one in context.per_request.engines(scope):
            message = (_LET_GO if one.is_let_go else _LEFT).format(one.maker)
            severity = Severity.INFO if one.is_let_go else Severity.ERROR
            trail = tuple(_trail(one.way, context))
            span = context.span(scope, one.call.place)
            yield rule.finding(scope.module.path, span, message, severity=severity, trail=trail)


def _trail(way: Way, context: Context) -> Iterator[Note]:
    """The function that each request runs, then the calls that lead from there."""
    yield context.note(way.entry, way.entry_place, f"`{way.entry_name}` runs for every request")
    for scope, call, called in way.calls:
        yield context.note(scope, call.place, f"`{called}` is called")


RULE = Rule(
    code="FSL503",
    name="engine-per-request",
    summary="Each request makes an engine with a pool of its own: too many clients, or a new connection each time.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
