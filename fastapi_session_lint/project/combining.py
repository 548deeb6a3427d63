"""Values out of values: what several agree on, what an await or an injection makes of one."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi_session_lint.project.values import CoroutineValue, GeneratorValue, ManagerValue, SessionValue, Value


def awaited(value: Value | None) -> Value | None:
    """What `await value` gives."""
    if isinstance(value, CoroutineValue):
        return value.value
    return value if isinstance(value, SessionValue | ManagerValue) else None


def combine(values: Iterable[Value | None]) -> Value | None:
    """The one value that all known ones agree on; None when none is known or two differ."""
    found: Value | None = None
    for value in values:
        if value is None or value == found:
            continue
        if found is not None:
            return None
        found = value
    return found


def given(value: Value | None) -> Value | None:
    """What a dependency's or property's result becomes when it has been awaited or advanced."""
    return value.value if isinstance(value, GeneratorValue | CoroutineValue) else value
