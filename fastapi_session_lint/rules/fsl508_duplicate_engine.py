"""An app makes two engines for the same database.

## What it does

Off by default. Reports a module's engine when there is another for the same URL, by the same literal, setting or
environment variable, in that module or in one that the same app imports. The finding stands at the second one, by the
order of the files; its trail leads to the first.

Not reported: one plain and one async engine; engines of which a test makes one or the other; engines that are set apart
by `poolclass`, `isolation_level` and the like; in-memory databases; scripts, migrations and tests.

## Why is this bad?

Each engine has a connection pool of its own, so the process opens twice as many connections as the settings of either
say: 15 and 15 by default. Nothing tells of it until the server has no more to give:

    sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server failed: FATAL: sorry, too many
    clients already

Sessions of both in one request are in two transactions, and wait for each other's locks.

## Example

```python
import os

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)

# far below, or in another module
reports_engine = create_engine(os.environ["DATABASE_URL"])
ReportSession = sessionmaker(reports_engine)
```

## Use instead

```python
import os

from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)

# far below, or in another module
ReportSession = sessionmaker(engine)
```

## Fix safety

There is no fix: it takes the choice of the one that stays.

## When to switch it off

It is off by default, since two pools are at times meant, as one for reports that must not use up the other.

## References

- [SQLAlchemy: the engine is created once per process](https://docs.sqlalchemy.org/en/20/core/connections.html#basic-usage)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL508."""
    for scope in context.modules():
        for one in context.duplicates.engines(scope):
            trail = (context.note(one.first_scope, one.first.place, "the other engine for this database"),)
            message = "a second engine for one database: two pools, and twice the connections"
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message, trail=trail)


RULE = Rule(
    code="FSL508",
    name="duplicate-engine",
    summary="Two engines are made for one database: two pools, and twice the connections.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    default=False,
)
