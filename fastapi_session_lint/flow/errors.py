"""Which handler takes which error."""

from __future__ import annotations

import builtins
import enum
from collections.abc import Iterator

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.states import ANY_ERROR, DATABASE_ERROR, Error
from fastapi_session_lint.model.expressions import Attribute, Call, Collection, Expression, Name, Opaque, Starred
from fastapi_session_lint.model.syntax import Assigned, Definition, Imported, Skipped
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.values import (
    ClassValue,
    Library,
    LibraryObject,
    ModuleValue,
    ObjectValue,
    Scope,
)


class Verdict(enum.Enum):
    """Whether a handler takes an error; UNKNOWN where it cannot be told what the handler is for."""

    ALWAYS = "always"
    MAYBE = "maybe"
    UNKNOWN = "unknown"
    NEVER = "never"

    __hash__ = object.__hash__  # members are what they are, and are looked up all the time


_ALL = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
_NO_EXCEPTIONS = frozenset({"asyncio.CancelledError", "asyncio.exceptions.CancelledError"})
_ALIASES = 8
"""How many names a tuple of classes may be handed through."""


def verdict(
    types: Expression | None, error: Error | None, scope: Scope, roles: Roles, passed: frozenset[Error] = frozenset()
) -> Verdict:
    """Whether `except types` takes an error that is in flight; it is of none of the classes that it has `passed`."""
    if types is None or error is None:
        return Verdict.ALWAYS
    left = ((kind, home) for kind, home in _kinds(types, scope, roles) if named(kind, home, roles) not in passed)
    verdicts = {_one(kind, error, home, roles) for kind, home in left}
    return next((one for one in Verdict if one in verdicts), Verdict.NEVER)


def reaches(
    types: Expression | None, error: Error, scope: Scope, roles: Roles, passed: frozenset[Error] = frozenset()
) -> bool:
    """Whether an error of a known class surely gets into a handler, past those for the classes before it."""
    if any(one in _ALL or _specific(one, error, roles) is Verdict.ALWAYS for one in passed):
        return False
    return verdict(types, error, scope, roles) is Verdict.ALWAYS


def classes(types: Expression | None, scope: Scope, roles: Roles) -> frozenset[Error]:
    """The classes of a handler, as far as they are known."""
    found = (named(kind, home, roles) for kind, home in _kinds(types, scope, roles)) if types is not None else ()
    return frozenset(one for one in found if one is not None)


def takes_exceptions(types: Expression | None, scope: Scope, roles: Roles) -> bool:
    """Whether a handler is for more than what ends a task or the process, such as GeneratorExit."""
    if types is None:
        return True
    return any(not _ends_everything(named(kind, home, roles)) for kind, home in _kinds(types, scope, roles))


def takes_only_database_errors(types: Expression | None, scope: Scope, roles: Roles) -> bool:
    """Whether a handler is for errors of the session alone, so that nothing else can have brought it there."""
    if types is None:
        return False
    found = [named(kind, home, roles) for kind, home in _kinds(types, scope, roles)]
    return all(isinstance(one, str) and one.startswith(vocabulary.DATABASE_ERRORS) for one in found)


def _ends_everything(caught: Error | None) -> bool:
    if not isinstance(caught, str) or caught in _ALL:
        return False
    known = getattr(builtins, caught.removeprefix("builtins."), None)
    return caught in _NO_EXCEPTIONS or (isinstance(known, type) and not issubclass(known, Exception))


def _kinds(types: Expression, scope: Scope, roles: Roles, depth: int = 0) -> Iterator[tuple[Expression, Scope]]:
    """The single classes of a handler, each with its scope: tuples, their sums and their names are taken apart."""
    match types:
        case Collection(_, items) | Opaque(items) if items:
            for item in items:
                yield from _kinds(item, scope, roles, depth)
        case Starred(value):
            yield from _kinds(value, scope, roles, depth)
        case Name() | Attribute() if depth < _ALIASES and (meant := _tuple_of(types, scope, roles)):
            yield from _kinds(*meant, roles, depth + 1)
        case _:
            yield types, scope


def _tuple_of(kind: Expression, scope: Scope, roles: Roles) -> tuple[Expression, Scope] | None:
    """The tuple of classes, or sum of such, that a name stands for."""
    found = _definition(kind, scope, roles)
    if found is None or not isinstance(found[0], Assigned) or found[0].via != "=":
        return None
    value = found[0].value
    return (value, found[1]) if isinstance(value, Collection | Opaque) else None


def _definition(kind: Expression, scope: Scope, roles: Roles) -> tuple[Definition, Scope] | None:
    """The last definition of a name, also of a module's or a class's, and where it stands."""
    match kind:
        case Name(name):
            found = roles.names.resolve(name, scope)
        case Attribute(owner, name):
            found = _member(roles.value(owner, scope), name, roles)
        case _:
            return None
    return (found[0][-1], found[1]) if found else None


def _member(owner: object, name: str, roles: Roles) -> tuple[tuple[Definition, ...], Scope] | None:
    match owner:
        case ModuleValue(path) if path in roles.names.modules:
            return roles.names.resolve(name, roles.names.modules[path])
        case ClassValue() | ObjectValue():
            of = owner.of if isinstance(owner, ObjectValue) else owner
            definitions = of.definition.bindings.get(name, ())
            return (definitions, of.scope) if definitions else None
    return None


def _one(kind: Expression, error: Error, scope: Scope, roles: Roles) -> Verdict:
    caught = named(kind, scope, roles)
    if caught in _ALL:
        return Verdict.ALWAYS
    if caught is None:
        return Verdict.UNKNOWN
    if error == ANY_ERROR:
        return Verdict.MAYBE
    if error == DATABASE_ERROR:
        return _database(caught)
    return _specific(caught, error, roles)


def _database(caught: Error) -> Verdict:
    """What takes an error of a commit, flush or statement: the library's classes, none that a project derives."""
    if isinstance(caught, ClassValue):
        return Verdict.NEVER
    if caught in vocabulary.DATABASE_ERROR_ROOTS:
        return Verdict.ALWAYS
    if caught in vocabulary.READ_ERRORS:
        return Verdict.NEVER
    return Verdict.MAYBE if caught.startswith(vocabulary.DATABASE_ERRORS) else Verdict.NEVER


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
    if _is_unread(error):
        return Verdict.UNKNOWN
    if isinstance(caught, ClassValue) or _is_unread(caught):
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
    if value is not None:
        return None
    if isinstance(kind, Name) and roles.names.lookup(kind.id, scope) is None:
        return kind.id if isinstance(getattr(builtins, kind.id, None), type) else None
    return _unread(kind, scope, roles)


# --- classes of the project that were not read, since nothing in them can concern a session ---


def _is_unread(error: Error) -> bool:
    return isinstance(error, str) and ":" in error


def _unread(kind: Expression, scope: Scope, roles: Roles) -> str | None:
    """Such a class, as `file:name`: no statement raises it by itself, and only its own name tells it from others."""
    found = _definition(kind, scope, roles)
    if found is not None:
        definition, home = found
        return f"{home.module.path}:{definition.name}" if isinstance(definition, Skipped) else None
    match kind:
        case Name(name) if known := roles.names.lookup(name, scope):
            imported, home = known[0][-1], known[1]
            if isinstance(imported, Imported) and imported.name is not None:
                path = roles.names.imports.resolve(home.module.path, imported.module, imported.level)
                return _in_unread_file(path, imported.name, roles)
        case Attribute(owner, name):
            module = roles.value(owner, scope)
            return _in_unread_file(module.path, name, roles) if isinstance(module, ModuleValue) else None
    return None


def _in_unread_file(path: str | None, name: str, roles: Roles) -> str | None:
    is_unread = path in roles.names.imports.files and path not in roles.names.modules
    return f"{path}:{name}" if is_unread else None


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
