"""A session is made outside of the module that is there for it.

## What it does

Reports a session that a function makes in any other module than one named `database`. Tests may make their own.

## Why is this bad?

Whoever makes a session decides about its options, and who closes it. Here that is decided once, in `database.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.api import Context, Finding, Rule, Severity


def check(rule: Rule, context: Context) -> Iterator[Finding]:
    """The findings of HOUSE101."""
    for scope in context.functions():
        path = scope.module.path
        if path.endswith("/database.py") or context.is_test(scope):
            continue
        for creation in context.creations(scope):
            message = "sessions are made in database.py alone: take one from there"
            yield rule.finding(path, context.span(scope, creation.call.place), message)


RULE = Rule(
    code="HOUSE101",
    name="session-outside-database",
    summary="A session is made outside of the module that is there for it.",
    severity=Severity.WARNING,
    documentation=__doc__ or "",
    check=check,
    since="1.0",
)
