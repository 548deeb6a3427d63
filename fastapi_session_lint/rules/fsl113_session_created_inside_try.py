"""A session is made inside the `try` whose `finally` closes it.

## What it does

Reports a session that is made in the body of a `try` and read in its `finally`, where the name is bound nowhere else.
The finding stands at the creating call.

Off by default: `SessionLocal()` itself seldom fails, so this is about what you read in the log on a bad day.

Left alone: a name that is bound before the `try`, such as `db = None`; a `finally` that asks first (`if "db" in
locals()`), that looks at another flag, or that catches what its own `try` raises.

## Why is this bad?

When the session cannot be made, or anything before it in the `try` fails, the name does not exist, and the `finally`
raises an error of its own, also where a handler has dealt with the first one:

    UnboundLocalError: cannot access local variable 'db' where it is not associated with a value

That is what the caller gets and what the alert says; the cause is only its context. A handler that shall answer for the
creation, too, belongs around a `with` block.

## Example

```python
from fastapi import HTTPException
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users() -> int:
    try:
        db = SessionLocal()
        return db.scalar(text("select count(*) from users"))
    except OSError:
        raise HTTPException(503, "no database") from None
    finally:
        db.close()
```

## Use instead

```python
from fastapi import HTTPException
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def count_users() -> int:
    db = SessionLocal()
    try:
        return db.scalar(text("select count(*) from users"))
    except OSError:
        raise HTTPException(503, "no database") from None
    finally:
        db.close()
```

## Fix safety

The fix is safe: it moves the creation to before the `try`, where it is the first statement in it. Until now a creation
that failed ended in the error of the `finally` anyway. It is unsafe in a loop whose handlers go on with the next round:
there the name is bound from the second round on.

## When to switch it off

It is off unless you select it.

## References

- [SQLAlchemy: opening and closing a session](https://docs.sqlalchemy.org/en/20/orm/session_basics.html#opening-and-closing-a-session)
- [Python: UnboundLocalError](https://docs.python.org/3/library/exceptions.html#UnboundLocalError)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL113; FSL102 and FSL103 own a session that is not closed on every path."""
    for scope in (*context.modules(), *context.functions()):
        error = "NameError" if scope.owner is None else "UnboundLocalError"
        for one in context.hidden_failures.of(scope):
            span = context.span(scope, one.call.place)
            message = f"when this fails, the finally does not find `{one.name}`: {error} hides what went wrong"
            repair = Repair(RepairKind.MOVE_OUT_OF_TRY, span, one.name) if one.is_first else None
            yield rule.finding(scope.module.path, span, message, repair=repair)


RULE = Rule(
    code="FSL113",
    name="session-created-inside-try",
    summary="A session is made inside the try whose finally closes it: a failure there is hidden by another error.",
    severity=Severity.INFO,
    documentation=__doc__ or "",
    check=check,
    default=False,
    fix=Applicability.SAFE,
)
