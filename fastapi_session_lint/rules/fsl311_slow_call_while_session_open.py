"""TODO: one sentence, what the code does that goes wrong.

## What it does

TODO: what is reported and where the finding stands; then what is left alone and why.

## Why is this bad?

TODO: what happens at run time, with the text of the exception or log line.

## Example

```python
TODO = "a small complete module, reported by this rule and no other"
```

## Use instead

```python
TODO = "the same module put right, reported by no rule"
```

## Fix safety

There is no fix.

## When to switch it off

TODO: the situation in which this is no defect.

## References

- TODO: the page of SQLAlchemy, SQLModel or FastAPI that says so
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:  # noqa: ARG001
    """The findings of FSL311; TODO: name the rule that owns the case next to this one."""
    yield from ()


RULE = Rule(
    code="FSL311",
    name="slow-call-while-session-open",
    summary="TODO: one line, what happens at run time.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    since="0.1.0",
)
