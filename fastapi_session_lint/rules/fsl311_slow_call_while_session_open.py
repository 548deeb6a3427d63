"""A function asks another server, or sleeps, while its session holds a connection.

## What it does

Reports a call of an HTTP client (requests, httpx, aiohttp, urllib), of a language model's client, of a mail server or
of `sleep` in a function whose session has a transaction open at that point. The session may be injected, made in the
function, or that of a dependency which has queried it. The slow call may stand in a function that is called, if that
always makes it. The finding stands at the first such call for each session; the trail tells where the connection is
taken, and where the waiting is done.

Not reported: a session that is committed, rolled back or closed before the call, or used only after it; `sleep(0)`;
what is started as a task, or handed to a background task; scripts, tests, and what runs before serving. A websocket
that sleeps is FSL312's, a streamed response FSL310's.

It is off by default: how long such a call takes, and how many of them there are at once, is not to be seen in the code.

## Why is this bad?

A connection belongs to a session from its first statement until commit, rollback or close, and with it the rows that it
has locked. While the other server takes its time, nobody else can have that connection: with a pool of five, five
requests that wait for an answer are enough for the sixth to fail, whatever it wants of the database.

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 0 reached, connection timed out

The database is not busy meanwhile; PostgreSQL shows the connections as `idle in transaction`.

## Example

```python
import httpx
from sqlalchemy import text
from sqlalchemy.orm import Session


def translate_title(db: Session, order_id: int) -> str:
    title = db.scalar(text("select title from orders where id = :id"), {"id": order_id})
    return httpx.post("https://translate.example/", json={"text": title}).text
```

## Use instead

```python
import httpx
from sqlalchemy import text
from sqlalchemy.orm import Session


def translate_title(db: Session, order_id: int) -> str:
    title = db.scalar(text("select title from orders where id = :id"), {"id": order_id})
    db.rollback()  # the connection goes back to the pool
    return httpx.post("https://translate.example/", json={"text": title}).text
```

Objects that were loaded before are loaded again after a rollback or commit when they are read; take out of them what
you need first.

## Fix safety

There is no fix: whether the work may be split into two transactions is for you to say.

## When to switch it off

It is off unless you select it.

## References

- [SQLAlchemy: when do I construct a Session, when do I commit it, and when do I close it?](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#when-do-i-construct-a-session-when-do-i-commit-it-and-when-do-i-close-it)
- [SQLAlchemy: QueuePool limit of size … overflow … reached](https://docs.sqlalchemy.org/en/20/errors.html#error-3o7r)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL311; FSL310 owns streamed responses, FSL312 websockets that sleep."""
    for scope in context.functions():
        for one in context.slow_calls.of(scope):
            which = f"the session that `{one.name}` has used" if one.is_hidden else f"`{one.name}`"
            does = "sleeps" if one.sleeps else "waits for another server"
            message = f"{which} holds its connection while `{one.text}` {does}: nobody else can have it meanwhile"
            yield rule.finding(scope.module.path, context.span(scope, one.place), message, trail=one.trail)


RULE = Rule(
    code="FSL311",
    name="slow-call-while-session-open",
    summary="A session holds a connection while another server is asked: such calls use up the pool.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    default=False,
)
