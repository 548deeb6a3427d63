"""A file cannot be read or parsed, so nothing in it was checked.

## What it does

Reports, once for a file, that it has no valid Python grammar, is not text in its declared encoding, nests too deep to
be parsed, or could not be read. The rest of the project is checked; what this file says about factories and
dependencies is not known to the other files.

Not reported: an empty file, and grammar that is newer than the Python which runs the linter.

## Why is this bad?

A file that was not checked is easily taken for a clean one. Merge conflict markers and half-written files are the
usual causes; Python refuses them as well:

    SyntaxError: '(' was never closed

## Example

```python
def total(prices:
    return sum(prices)
```

## Use instead

```python
def total(prices: list[int]) -> int:
    return sum(prices)
```

## Fix safety

There is no fix.

## When to switch it off

Not at all: leave a file that is not meant to be Python out of the run with `extend-exclude`. The files of a project
template are no Python until the template is filled in. Each is reported all the same, as it is by Ruff: what is passed
over in silence looks clean, and some of the files can be checked. For Cookiecutter, whose folders are named
`{{cookiecutter.slug}}`, it is

```toml
extend-exclude = ["{{*}}"]
```

## References

- [Python: full grammar](https://docs.python.org/3/reference/grammar.html)
- [PEP 263: source code encodings](https://peps.python.org/pep-0263/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(_rule: Rule, _context: Context) -> Iterator[Finding]:
    """Nothing: the engine reports it while it reads the file."""
    yield from ()


RULE = Rule(
    code="FSL902",
    name="syntax-error",
    summary="A file cannot be read or parsed: it was not checked.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
