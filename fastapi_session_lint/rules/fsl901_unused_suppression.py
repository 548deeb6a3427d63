"""A comment suppresses a finding that is not there.

## What it does

Reports a comment that suppresses nothing: `# fsl: ignore[…]`, `# fsl: file-ignore[…]`, `# fsl: disable[…]`, and
`# noqa: …` with codes of this tool. The finding stands at the comment and names those of its codes that do nothing.
A code that no rule has is reported in our own comments.

    db = SessionLocal()  # fsl: ignore[FSL101] -- closed by the pool's listener
    # fsl: file-ignore[FSL601]
    # fsl: disable[FSL4]
    # fsl: enable[FSL4]

A comment on the first or last line of a statement speaks for all of its lines. Without brackets every code is meant; a
code may be cut short to name a family; a reason may follow after `--`.

Not reported: codes of which a rule did not run, because it is off or was not selected; a bare `# noqa`, which may be
another tool's; `# noqa` inside flake8, which sees to it by itself; files that cannot be parsed.

## Why is this bad?

Nothing breaks today. The comment stays when the code around it changes, and hides the next mistake on its line; nobody
can tell any more what it was for.

## Example

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)  # fsl: ignore[FSL101]
```

## Use instead

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)
```

## Fix safety

The fix is safe: it takes out the code, or the comment with its reason where no code is left, and for a block the
comment that ends it. Other comments on the line stay.

## When to switch it off

When the same code is checked with different settings, each of which needs other comments.

## References

- [flake8: selecting and ignoring violations](https://flake8.pycqa.org/en/stable/user/violations.html)
- [Ruff: unused-noqa](https://docs.astral.sh/ruff/rules/unused-noqa/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(_rule: Rule, _context: Context) -> Iterator[Finding]:
    """Nothing: the engine reports it, when it knows what all other rules have found."""
    yield from ()


RULE = Rule(
    code="FSL901",
    name="unused-suppression",
    summary="A comment suppresses nothing, and would hide the next mistake on its line.",
    severity=Severity.INFO,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.SAFE,
)
