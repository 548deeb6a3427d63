"""A test overrides a dependency and leaves the override in place for the tests after it.

## What it does

Reports `app.dependency_overrides[…] = …` in a test, a fixture or what they call, where nothing takes it back. The
finding stands at the first such assignment of a function.

Taking back is `clear()`, `pop()`, `del`, `= {}`, or an older value put back: further down in the function, after the
`yield`, in `finally`, in a finalizer, in `__exit__` or a teardown method, in a fixture that the test asks for or that
runs by itself, or in what any of these calls.

Not reported: `monkeypatch.setitem` and `patch.dict`, which take back by themselves; an app that is made for the test;
fixtures that last for the whole run, and overrides at module level, which are meant to stay; an app of which it is not
known whether others use it.

## Why is this bad?

The app lives as long as the process. Every later test, in other files too, gets the override, so the outcome depends
on the order of the tests:

    AssertionError: assert 'fake' == 'real'

in one order, and all green in another. A test can also pass against a session that has long been closed.

## Example

```python
# tests/test_books.py
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


def get_shop() -> str:
    return "real"


def test_reads_from_the_fake_shop() -> None:
    app.dependency_overrides[get_shop] = lambda: "fake"
    assert TestClient(app).get("/shop").json() == "fake"
```

## Use instead

```python
# tests/test_books.py
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


def get_shop() -> str:
    return "real"


def test_reads_from_the_fake_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.dependency_overrides, get_shop, lambda: "fake")
    assert TestClient(app).get("/shop").json() == "fake"
```

## Fix safety

There is no fix: whether one key or all have to go, and where, depends on the other fixtures.

## When to switch it off

When each test runs in a process of its own.

## References

- [FastAPI: testing dependencies with overrides](https://fastapi.tiangolo.com/advanced/testing-dependencies/)
- [pytest: monkeypatch](https://docs.pytest.org/en/stable/how-to/monkeypatch.html)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL601, one for a function."""
    for scope in context.functions():
        override = context.overrides.left(scope)
        if override is not None:
            message = f"{override.name} stays overridden: every test that runs after this one gets the override too"
            yield rule.finding(scope.module.path, context.span(scope, override.place), message)


RULE = Rule(
    code="FSL601",
    name="override-not-cleared",
    summary="A dependency override outlives its test, and the tests after it get it too.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
)
