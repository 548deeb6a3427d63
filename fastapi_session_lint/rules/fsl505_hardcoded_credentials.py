"""A database URL in the source contains a password.

## What it does

Reports the literal of a database URL with a user's password, where it is given to an engine, or to a name, parameter,
attribute, key or setting that says URL, URI or DSN: also as the default of `os.getenv`, of `Field` and the like, and as
an f-string of which the password is no part that is filled in. The message never prints the password.

Not reported: an empty password; what anybody sees is to be filled in (`{password}`, `<password>`, `changeme`,
`USER:PASSWORD`, `user:password@host/dbname`); tests; docstrings and `examples=`; URLs that a driver is given directly.

## Why is this bad?

Nothing fails. Everyone who can read the repository, an image, a backup or a traceback can log in, and the password
stays in the history after it has been taken out. A default for development is one forgotten environment variable away
from production: it connects, with a password that everybody knows.

## Example

```python
from sqlalchemy import create_engine

DATABASE_URL = "postgresql+psycopg://shop:s3cr3t-orders@db.internal/shop"
engine = create_engine(DATABASE_URL)
```

## Use instead

```python
import os

from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"])
```

## Fix safety

There is no fix: the password has to be changed, and only you know where it belongs.

## When to switch it off

For samples and for databases that only ever run on the machine of who develops, in a comment on the line that says so.

## References

- [SQLAlchemy: database URLs](https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls)
- [FastAPI: settings and environment variables](https://fastapi.tiangolo.com/advanced/settings/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL505, one for a literal wherever it is used."""
    for name, user, place, scope in context.credentials.hardcoded():
        whose = f"the password of `{user}`" if user else "a password"
        message = f"the URL for `{name}` has {whose} in it: whoever can read the source can log in"
        yield rule.finding(scope.module.path, context.span(scope, place), message)


RULE = Rule(
    code="FSL505",
    name="hardcoded-credentials",
    summary="The password of a database stands in the source.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
)
