"""Whether the sessions that one function gets at in several ways are one and the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint.model.expressions import Attribute, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    MarkerValue,
    ObjectValue,
    Scope,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

Key = str | int | None
_BASES = 8


class SessionKeys:
    """Tells the sessions of one function apart.

    A text is a name of that function, a number the dependency that gives the session: FastAPI calls each only once in
    a request. None is the session of an object that somebody else has made, most likely with that of the request.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    def of_expression(self, session: Expression, scope: Scope) -> Key:
        """The key of a session that stands in a function."""
        match session:
            case Name(name):
                parameter = self._parameter(name, scope)
                target = self._target(parameter, scope) if parameter is not None else None
                return name if target is None else target
            case Attribute(owner, name):
                value = self._context.value(owner, scope)
                if isinstance(value, ObjectValue | ClassValue):
                    return self.of_attribute(value.of if isinstance(value, ObjectValue) else value, name)
        return dotted(session) or ""

    def of_attribute(self, owner: ClassValue, path: str, depth: int = 0) -> Key:
        """The key of a session that an object of a class keeps under an attribute."""
        definition = owner.definition
        for method, assigned in definition.attributes.get(path, ()):
            for function in definition.bindings.get(method, ()):
                if isinstance(function, Function) and isinstance(assigned.value, Name):
                    inner = self._context.names.scope_of(function)
                    parameter = self._parameter(assigned.value.id, inner)
                    return None if parameter is None else self._target(parameter, inner)
        for one in definition.bindings.get(path, ()):
            value = getattr(one, "value", None)
            marker = self._context.value(value, owner.scope) if value is not None else None
            if isinstance(marker, MarkerValue):
                return _key_of(self._context.roles.dependency(marker))
        if path not in definition.attributes and depth < _BASES:
            for base in self._context.roles.bases(owner):
                return self.of_attribute(base, path, depth + 1)
        return None

    def _parameter(self, name: str, scope: Scope) -> Parameter | None:
        owner = scope.owner
        parameters = owner.parameters if isinstance(owner, Function) else ()
        return next((one for one in parameters if one.name == name), None)

    def _target(self, parameter: Parameter, scope: Scope) -> int | None:
        marker = self._context.roles.marker(parameter, scope)
        return _key_of(self._context.roles.dependency(marker, parameter, scope)) if marker is not None else None


def _key_of(target: Value | None) -> int | None:
    return id(target.scope) if isinstance(target, FunctionValue | ClassValue) else None


class Told:
    """The sessions of one function that have been told of."""

    def __init__(self) -> None:
        self._keys: set[Key] = set()

    def has(self, key: Key) -> bool:
        """Whether a session was told of before, or cannot be told apart from one that was."""
        if key in self._keys or isinstance(key, str):
            return key in self._keys
        if key is None:
            return any(not isinstance(one, str) for one in self._keys)
        return None in self._keys

    def add(self, key: Key) -> None:
        """Tell of a session."""
        self._keys.add(key)
