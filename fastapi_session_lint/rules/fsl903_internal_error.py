"""A rule crashed on a file, so its findings there are missing.

## What it does

Reports that a rule raised an exception while it looked at a file, with the name of the rule and of the file. All
other rules and files go on, and the exit code is 2. This is a bug of fastapi-session-lint, never of your code.

## Why is this bad?

The run is not complete: what the rule would have found in that file is not in the report.

    app/api.py:1:1: FSL903 FSL101 crashed: KeyError: 'db'

## Example

```text
$ fsl check app
app/api.py:1:1: FSL903 FSL101 crashed: KeyError: 'db'
```

## Use instead

```text
$ fsl check app --ignore FSL101
```

## Fix safety

There is no fix.

## When to switch it off

Switch off the rule that crashes, until it is mended, and report the crash with the smallest file that shows it.

## References

- [The rules of fastapi-session-lint](https://fastapi-session-lint.readthedocs.io/rules/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(_rule: Rule, _context: Context) -> Iterator[Finding]:
    """Nothing: the engine reports it when another rule fails."""
    yield from ()


RULE = Rule(
    code="FSL903",
    name="internal-error",
    summary="A rule crashed on a file: its findings there are missing.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
