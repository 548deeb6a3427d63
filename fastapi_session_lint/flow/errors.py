"""Which handler takes which error."""

from __future__ import annotations

import builtins
import enum

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.states import ANY_ERROR, DATABASE_ERROR, Error
from fastapi_session_lint.model.expressions import Call, Collection, Expression, Name
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.values import ClassValue, Library, LibraryObject, ObjectValue, Scope


class Verdict(enum.Enum):
    """Whether a handler takes an error."""

    ALWAYS = "always"
    MAYBE = "maybe"
    NEVER = "never"


_ALL = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})


def verdict(types: Expression | None, error: Error | None, scope: Scope, roles: Roles) -> Verdict:
    """Whether `except types` takes an error that is in flight."""
    if types is None or error is None:
        return Verdict.ALWAYS
    items = types.items if isinstance(types, Collection) else (types,)
    verdicts = {_one(item, error, scope, roles) for item in items}
    return next(
        one for one in (Verdict.ALWAYS, Verdict.MAYBE, Verdict.NEVER) if one in verdicts or one is Verdict.NEVER
    )


def _one(kind: Expression, error: Error, scope: Scope, roles: Roles) -> Verdict:
    caught = named(kind, scope, roles)
    if caught in _ALL:
        return Verdict.ALWAYS
    if error == ANY_ERROR or caught is None:
        return Verdict.MAYBE
    if error == DATABASE_ERROR:
        return _database(caught, roles)
    return _specific(caught, error, roles)


def _database(caught: Error, roles: Roles) -> Verdict:
    """What takes an error of a commit, flush or statement."""
    if isinstance(caught, ClassValue):
        return _database_base(caught, roles)
    if caught in vocabulary.DATABASE_ERROR_ROOTS:
        return Verdict.ALWAYS
    if caught in vocabulary.READ_ERRORS:
        return Verdict.NEVER
    return Verdict.MAYBE if caught.startswith(vocabulary.DATABASE_ERRORS) else Verdict.NEVER


def _database_base(caught: ClassValue, roles: Roles) -> Verdict:
    for base in caught.definition.bases:
        name = named(base, caught.scope.outer or caught.scope, roles)
        if isinstance(name, ClassValue):
            if name.scope is not caught.scope and _database_base(name, roles) is not Verdict.NEVER:
                return Verdict.MAYBE
        elif name is not None and name.startswith(vocabulary.DATABASE_ERRORS):
            return Verdict.MAYBE
    return Verdict.NEVER


def _specific(caught: Error, error: Error, roles: Roles) -> Verdict:
    """Whether a handler for `caught` takes an exception that was raised by name."""
    if caught == error:
        return Verdict.ALWAYS
    if isinstance(error, ClassValue):
        for base in error.definition.bases:
            name = named(base, error.scope.outer or error.scope, roles)
            if name is None:
                return Verdict.MAYBE
            if name != error and _specific(caught, name, roles) is not Verdict.NEVER:
                return Verdict.ALWAYS
        return Verdict.NEVER
    if isinstance(caught, ClassValue):
        return Verdict.NEVER
    return _builtin(caught.removeprefix("builtins."), error.removeprefix("builtins."))


def _builtin(caught: str, error: str) -> Verdict:
    one, other = getattr(builtins, caught, None), getattr(builtins, error, None)
    if isinstance(one, type) and isinstance(other, type):
        return Verdict.ALWAYS if issubclass(other, one) else Verdict.NEVER
    if caught.rpartition(".")[2] == error.rpartition(".")[2]:
        return Verdict.ALWAYS
    if caught.startswith(vocabulary.DATABASE_ERRORS) and error.startswith(vocabulary.DATABASE_ERRORS):
        return Verdict.MAYBE
    return Verdict.NEVER


def named(kind: Expression, scope: Scope, roles: Roles) -> Error | None:
    """An exception class by its full name, or as a class of the project; None when it is not known."""
    value = roles.value(kind, scope)
    if isinstance(value, Library):
        return value.name
    if isinstance(value, ClassValue):
        return value
    if value is None and isinstance(kind, Name) and isinstance(getattr(builtins, kind.id, None), type):
        return kind.id if roles.names.lookup(kind.id, scope) is None else None
    return None


def raised(value: Expression | None, scope: Scope, roles: Roles) -> Error | None:
    """The error that a raise statement throws; None for a bare raise."""
    if value is None:
        return None
    if isinstance(value, Call):
        return named(value.function, scope, roles) or ANY_ERROR
    known = roles.value(value, scope)
    if isinstance(known, ObjectValue):
        return known.of
    if isinstance(known, LibraryObject):
        return known.name
    return named(value, scope, roles) or ANY_ERROR
