"""What there is in a scope at all, so that who looks for something need not go through those that have none of it."""

from __future__ import annotations

from typing import TypeAlias

from fastapi_session_lint.model.expressions import Call, last_name
from fastapi_session_lint.model.syntax import Statement
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.values import Library, LibraryObject, Scope, Value

Wanted: TypeAlias = frozenset[str | type[Value]]
"""Names and kinds of values. One that is taken for another of the same name costs no more than to look closer."""

_OF_LIBRARIES = (Library, LibraryObject)


class Contents:
    """The answer to "is there any", by sets that are made once for each scope.

    None of its questions may be asked while a value is looked for: what it remembers holds for good.
    """

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._called: dict[Scope, tuple[object, ...]] = {}
        self._given: dict[Scope, tuple[object, ...]] = {}
        self._statements: dict[Scope, tuple[object, ...]] = {}

    def calls_any(self, wanted: Wanted, scope: Scope) -> bool:
        """Whether the body of a scope calls what goes by one of some names, or is one of some kinds.

        A name is the last one in the source, the full name in a library, or that of an argument; empty for what is
        called without one.
        """
        try:
            return not wanted.isdisjoint(self._called[scope])
        except KeyError:
            self._called[scope] = found = self._calls_of(scope)
            return not wanted.isdisjoint(found)

    def _calls_of(self, scope: Scope) -> tuple[object, ...]:
        calls = _calls(scope)
        found: set[object] = {last_name(call.function) for call in calls}
        for call in calls:
            value = self._roles.value(call.function, scope)
            found.add(type(value))
            if isinstance(value, _OF_LIBRARIES):
                found.add(value.name)
            for one in call.arguments:
                if one.name:
                    found.add(one.name)
        return tuple(found)

    def gives_any(self, wanted: frozenset[type[Value]], scope: Scope) -> bool:
        """Whether a call in the body of a scope gives one of some kinds of values."""
        try:
            return not wanted.isdisjoint(self._given[scope])
        except KeyError:
            self._given[scope] = found = tuple({type(self._roles.value(call, scope)) for call in _calls(scope)})
            return not wanted.isdisjoint(found)

    def has_any(self, wanted: frozenset[type[Statement]], scope: Scope) -> bool:
        """Whether one of some kinds of statements stands in the body of a scope."""
        try:
            return not wanted.isdisjoint(self._statements[scope])
        except KeyError:
            self._statements[scope] = found = tuple({type(one) for one in scope.statements})
            return not wanted.isdisjoint(found)


def _calls(scope: Scope) -> tuple[Call, ...]:
    return scope.module.calls if scope.owner is None else scope.owner.calls
