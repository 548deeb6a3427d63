"""A generator dependency is called by hand to get a session out of it.

## What it does

Reports `next(get_db())`, `get_db().__next__()`, `await anext(get_session())`, a `for` or `async for` over the
generator that is left by `return` or `break`, `db = get_db()` used as if it were the session, and `with get_db()` on
a generator that is no context manager; and what raises TypeError at once: `next` or `for` over an async generator,
`anext` or `async for` over a plain one. The finding stands at the call and is the only one for this session: it is not
reported as unclosed as well.

An `anext` or an `async for` left early is an *error*, because commits get lost; a `next` is a *warning* (an *error* at
module level, where the session lives on), and a `for` left early is *info*. So is a `next` whose session is entered at
once (`with next(get_db()) as db`), which closes it, and a generator that stays in a name and is never closed: it ends
with the function, but nobody says so. It is an *error* where a commit after its yield is lost.

Not reported: a loop that runs to its end; `async for db in get_db(): yield db` in another dependency; a generator
that is kept in a name and closed in a finally or driven to its end, or whose session is closed by hand and that has
nothing to commit; one that is kept as an attribute; `contextmanager(get_db)()`.

## Why is this bad?

In `db = next(get_db())` nothing holds the generator, so CPython ends it at once: the `finally` of `get_db` closes the
session *before* its first use. The session opens again without a word, and now nobody closes it:

    sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00

A commit that the dependency makes after its yield never happens, and no error says so. With `anext` the event loop
closes the generator at some later `await`, in the middle of your statements: of five inserts with a commit after each,
all without an error, two were stored.

## Example

```python
from collections.abc import Iterator

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def count_users() -> int:
    db = next(get_db())
    return db.scalar(text("select count(*) from users"))
```

## Use instead

```python
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine("postgresql+psycopg://localhost/app")
SessionLocal = sessionmaker(engine)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def count_users() -> int:
    with contextmanager(get_db)() as db:
        return db.scalar(text("select count(*) from users"))
```

## Fix safety

The fix is unsafe: it puts the rest of the block into `with contextmanager(get_db)() as db:` (`asynccontextmanager`
for an async generator). What the dependency does after its yield now happens, a commit included, and objects that
outlive the block are detached.

## When to switch it off

In scripts that take one session, read with it and exit.

## References

- [Python: contextlib.contextmanager](https://docs.python.org/3/library/contextlib.html#contextlib.contextmanager)
- [Python: asynchronous generators and their clean-up](https://docs.python.org/3/reference/expressions.html#asynchronous-generator-functions)
- [FastAPI: dependencies with yield](https://fastapi.tiangolo.com/tutorial/dependencies/dependencies-with-yield/)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import Applicability, Finding, Note, Repair, RepairKind, Severity
from fastapi_session_lint.rules.base import Rule

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.questions.generators import GeneratorCall

_MESSAGES = {
    "next": "the generator is thrown away: its session is closed before its first use and silently opens again",
    "next entered": "the generator is thrown away: it closes its session, which this block opens again, and closes",
    "anext": "the generator is thrown away here and closes the session in the middle of its use: commits are lost",
    "kept": "nothing closes the generator: its session stays open as long as it, and a commit after its yield is lost",
    "commit kept": "nothing finishes the generator: the commit after its yield never runs",
    "for": "the loop leaves the generator early: what stands after its yield (commit, error handling) never runs",
    "async for": "the loop leaves the generator early: its cleanup runs at some later time, or never",
    "sync of async": "this is an async generator: next() and a plain `for` raise TypeError",
    "async of sync": "this is a plain generator: anext() and `async for` raise TypeError",
    "with": "this is a generator, not a context manager: entering it raises TypeError",
    "value": "this is a generator, not a session: using it raises AttributeError",
}
_SEVERITIES = dict.fromkeys(("next entered", "kept", "for"), Severity.INFO) | {"next": Severity.WARNING}


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of FSL105."""
    for scope in (*context.modules(), *context.functions()):
        for found in context.generator_calls(scope):
            yield _finding(rule, context, found)


def _finding(rule: Rule, context: Context, found: GeneratorCall) -> Finding:
    span = context.span(found.scope, found.call.place)
    severity = _SEVERITIES.get(found.form, Severity.ERROR)
    if found.form in ("next", "kept") and found.scope.owner is None:
        severity = Severity.ERROR
    trail: tuple[Note, ...] = ()
    if found.function is not None:
        made = found.function.scope
        trail = (context.note(made, made.owner.place, "the dependency is defined here"),) if made.owner else ()
    repair = None
    if found.form in ("next", "anext") and found.subject:
        is_async = found.form == "anext"
        repair = Repair(RepairKind.ENTER_GENERATOR, span, found.subject, is_async, Applicability.UNSAFE)
    return rule.finding(
        found.scope.module.path, span, _MESSAGES[found.form], severity=severity, trail=trail, repair=repair
    )


RULE = Rule(
    code="FSL105",
    name="generator-dependency-called",
    summary="A generator dependency is driven by hand: it closes the session before its first use, or never commits.",
    severity=Severity.ERROR,
    documentation=__doc__ or "",
    check=check,
    fix=Applicability.UNSAFE,
    hides=frozenset({"FSL314"}),
)
