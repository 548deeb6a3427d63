"""An engine is made for a driver that cannot serve it, or sessions for an engine that cannot serve them.

## What it does

Reports `create_engine` with a driver that is async only (asyncpg, aiosqlite, aiomysql, asyncmy, aioodbc),
`create_async_engine` with one that is sync only (psycopg2, pg8000, pysqlite, pymysql, mysqldb, pyodbc ...) or with a
URL that names no driver and whose default one is, and the dialect `postgres`, which does not exist. psycopg and
oracledb serve both. Before SQLAlchemy 2.1 a bare `postgresql://` means psycopg2 and a bare `oracle://` cx_Oracle; from
2.1 on psycopg and oracledb.

Reports as well a factory or a session whose kind is not that of its engine: `sessionmaker(async_engine)` without
`class_=AsyncSession`, `AsyncSession(engine)` on a plain engine, and so on. The finding stands at the call. It is a
*warning* for a URL that is only the default of a setting.

Not reported: URLs that cannot be read; settings of a class whose validators may rewrite them; plain engines that
`AsyncEngine(...)` wraps, or with `?async_fallback=true`; engines that are given their connections by `creator`.

## Why is this bad?

A plain engine on an async driver is made without complaint. Its first connection raises

    sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here. Was IO attempted
    in an unexpected place?

An async engine on a sync driver is refused at once, at import as a rule:

    sqlalchemy.exc.InvalidRequestError: The asyncio extension requires an async driver to be used. The loaded
    'psycopg2' is not async.

`postgres://`, which hosting services still hand out, gives `NoSuchModuleError: Can't load plugin:
sqlalchemy.dialects:postgres`. A sync session on an async engine raises `AsyncContextNotStarted: AsyncConnection context
has not been started and object has not been awaited.` at its first statement, and an AsyncSession on a plain engine
`ArgumentError: AsyncEngine expected, got Engine(...)` when it is made, so in the first request.

## Example

```python
from sqlalchemy import create_engine

engine = create_engine("postgresql+asyncpg://localhost/app")
```

## Use instead

```python
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/app")
```

## Fix safety

There is no fix: whether the driver or the engine is the wrong one, the code that uses it decides.

## When to switch it off

Where the URL is a default that is always overridden.

## References

- [SQLAlchemy: PostgreSQL drivers](https://docs.sqlalchemy.org/en/20/dialects/postgresql.html)
- [SQLAlchemy: create_async_engine](https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.create_async_engine)
- [SQLAlchemy 2.1: psycopg is the default driver of PostgreSQL](https://docs.sqlalchemy.org/en/21/changelog/migration_21.html)
- [SQLAlchemy: MissingGreenlet](https://docs.sqlalchemy.org/en/20/errors.html#error-xd2s)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.vocabulary import Misfit

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


_MESSAGES = {
    Misfit.ASYNC_DRIVER: "{0} is an async driver: the first connection of a plain engine raises MissingGreenlet",
    Misfit.SYNC_DRIVER: "{0} is not an async driver: create_async_engine raises InvalidRequestError",
    Misfit.SYNC_DEFAULT: "{0}, which is not an async driver: create_async_engine raises InvalidRequestError",
    Misfit.NO_DIALECT: "`{0}` is no dialect: NoSuchModuleError; it is called `postgresql`",
    Misfit.ASYNC_ENGINE: "`{0}` makes sync sessions on an async engine: using one raises AsyncContextNotStarted",
    Misfit.SYNC_ENGINE: "`{0}` makes async sessions on a plain engine: making one raises ArgumentError",
}


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL404."""
    for scope in context.scopes():
        for one in context.drivers.mismatches(scope):
            message = _MESSAGES[one.cause].format(one.subject)
            severity = Severity.ERROR if one.is_certain else Severity.WARNING
            yield rule.finding(scope.module.path, context.span(scope, one.call.place), message, severity=severity)


RULE = Rule(
    code="FSL404",
    name="driver-mismatch",
    summary="Driver, engine and sessions are not of one kind: MissingGreenlet, InvalidRequestError or ArgumentError.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
