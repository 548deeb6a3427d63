"""Values out of values: what several agree on, what an await or an injection makes of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from fastapi_session_lint import vocabulary
from fastapi_session_lint.project.values import (
    EITHER,
    CoroutineValue,
    FactoryValue,
    GeneratorValue,
    Library,
    LibraryObject,
    ManagerValue,
    SessionClass,
    SessionValue,
    Value,
)


def awaited(value: Value | None) -> Value | None:
    """What `await value` gives."""
    if isinstance(value, CoroutineValue):
        return value.value
    return value if isinstance(value, SessionValue | ManagerValue) else None


def combine(values: Iterable[Value | None]) -> Value | None:
    """The one value that all known ones agree on; None when none is known or two differ.

    Sessions that differ in nothing but their flavour are sessions all the same, of either flavour. What is called a
    session in one place may come from a package that is not known in another. Context managers of two functions that
    give the same are one that gives it. A class and a factory of the same sessions make the same.
    """
    found: Value | None = None
    for value in values:
        if value is None or value == found:
            continue
        found = value if found is None else _of_either(found, value)
        if found is None:
            return None
    return found


def _of_either(one: Value, other: Value) -> Value | None:
    if isinstance(one, SessionClass | FactoryValue | SessionValue) and type(one) is type(other):
        one = replace(one, flavour=EITHER)
        return one if replace(other, flavour=EITHER) == one else None
    if isinstance(one, ManagerValue) and isinstance(other, ManagerValue):
        inner = combine((one.value, other.value))
        return ManagerValue(inner) if inner is not None else None
    if isinstance(one, SessionClass) and isinstance(other, FactoryValue):
        return other if one.is_async == other.is_async else None
    if isinstance(one, FactoryValue) and isinstance(other, SessionClass):
        return one if one.is_async == other.is_async else None
    if _is_strange(one) and isinstance(other, SessionValue):
        return other
    return one if _is_strange(other) and isinstance(one, SessionValue) else None


def _is_strange(value: Value) -> bool:
    """Whether nothing is known of a value but its name in a package that is no known library."""
    if not isinstance(value, Library | LibraryObject) or "." not in value.name:
        return False
    return value.name.partition(".")[0] not in vocabulary.EXTERNAL_TOPS


def given(value: Value | None) -> Value | None:
    """What a dependency's or property's result becomes when it has been awaited or advanced."""
    return value.value if isinstance(value, GeneratorValue | CoroutineValue) else value


def refined(known: Value | None, ask: Callable[[], Value | None]) -> Value | None:
    """What is known, or, where that is no more than the name of something in a library, what another answer adds."""
    if known is not None and not isinstance(known, LibraryObject):
        return known
    found = ask()
    return known if found is None else found


def declared(value: Value | None, ask: Callable[[], Value | None]) -> Value | None:
    """What an annotation says of what is assigned to it; whether a session is async, that knows better if it is known.

    A factory is often annotated by the sessions that it makes, which it is not one of. `ask` gives the value that is
    assigned.
    """
    if not isinstance(value, SessionValue):
        return refined(value, ask)
    made = ask()
    if isinstance(made, FactoryValue):
        return made
    if isinstance(made, SessionValue) and made.is_async != value.is_async and not made.is_guessed:
        return made
    return value
