"""A parameter that FastAPI would inject is left out by a direct call, or `Depends` is used as if it were its value.

## What it does

Reports the call of a function, method or class whose parameter has `Depends(...)` as its default, where the call does
not give that argument and the function makes use of it; also through `functools.partial` or handed to
`BackgroundTasks.add_task` or `run_in_threadpool`. Reports `db = Depends(get_db)` in the body of a function that goes on
to use `db`, and a `Depends(...)` that is passed to a parameter for a session. Reports it as the default of a parameter
where the server calls the function by itself: a start-up or shutdown handler, a life span, a middleware, an exception
handler. The finding stands at the call, the assignment or the default.

Not reported: calls that give the argument, or may give it by `*args` or `**options`; a function with a decorator that
may inject by itself; a function that asks what it was given (`isinstance(db, ...)`), never reads the parameter, or
reads it only where another argument says so; in tests, a function that only hands it on, to what the test may have
replaced; a `Depends` that is kept to be a default or one of `dependencies=[...]`; `Depends(Provide[...])`, which a
container of dependency_injector replaces for all callers.

## Why is this bad?

Only FastAPI looks at `Depends`, and only in the functions that it calls. For everybody else it is a plain default:

    AttributeError: 'Depends' object has no attribute 'execute'

## Example

```python
from collections.abc import Iterator

from fastapi import Depends
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def count_users(db: Session = Depends(get_db)) -> int:
    return db.scalar(text("select count(*) from users"))


def print_report() -> None:
    print(count_users(), "users")
```

## Use instead

```python
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def count_users(db: Annotated[Session, Depends(get_db)]) -> int:
    return db.scalar(text("select count(*) from users"))


def print_report() -> None:
    with SessionLocal() as db:
        print(count_users(db), "users")
```

With `Annotated` there is no default, and Python itself tells who forgets the argument.

## Fix safety

There is no fix: only you know which session the call should use.

## When to switch it off

Where the function is replaced before it is called, as tests do.

## References

- [FastAPI: dependencies, share Annotated dependencies](https://fastapi.tiangolo.com/tutorial/dependencies/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.direct_calls import DirectCall
    from fastapi_session_lint.questions.handlers import Uninjected
    from fastapi_session_lint.questions.kept_markers import KeptMarker


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL109; FSL105 owns a generator that is driven by hand, FSL106 a call within Depends."""
    for scope in context.scopes():
        for call in context.direct_calls.calls(scope):
            function = call.callee.function
            trail = (context.note(call.callee.scope, function.place, "the default stands here"),)
            span = context.span(scope, call.call.place)
            yield rule.finding(scope.module.path, span, _left_out(call), trail=trail)
        for kept in context.kept_markers.kept(scope):
            yield rule.finding(scope.module.path, context.span(scope, kept.place), _kept(kept))
    for scope in context.functions():
        for handler in context.handlers.uninjected(scope):
            yield rule.finding(scope.module.path, context.span(scope, handler.place), _uninjected(handler))


def _left_out(found: DirectCall) -> str:
    function = found.callee.function
    name = function.qualified_name.removesuffix(".__init__")
    listed = " and ".join(f"`{name}`" for name in found.names)
    return f"`{name}` is called without {listed}: here nobody injects, {_are_markers(found.names)}"


def _uninjected(found: Uninjected) -> str:
    return f"the server calls `{found.function.name}`, and injects nothing there: {_are_markers(found.names)}"


def _are_markers(names: tuple[str, ...]) -> str:
    listed = " and ".join(f"`{name}`" for name in names)
    is_are = "is a `Depends` object" if len(names) == 1 else "are `Depends` objects"
    return f"{listed} {is_are}, and using it raises an error"


def _kept(found: KeptMarker) -> str:
    if not found.name:
        return "nobody injects here: this is a `Depends` object and not what it names, and using it raises an error"
    return f"nobody injects here: `{found.name}` is a `Depends` object, and using it raises an error"


RULE = Rule(
    code="FSL109",
    name="depends-default-called-directly",
    summary="Outside of injection a Depends default is just an object: AttributeError on its first use.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
)
