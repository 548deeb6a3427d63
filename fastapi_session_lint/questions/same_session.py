"""Whether the sessions that one function gets at in several ways are one and the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Function, Parameter
from fastapi_session_lint.project.arguments import argument_for
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
                parameter = _parameter(name, scope)
                target = self._target(parameter, scope) if parameter is not None else None
                return name if target is None else target
            case Attribute(owner, name):
                value = self._context.value(owner, scope)
                if isinstance(value, ObjectValue):
                    return self.of_kept(owner, value.of, name, scope)
        return dotted(session) or ""

    def of_kept(self, owner: Expression, of: ClassValue, path: str, scope: Scope) -> Key:
        """The key of the session that an object in a function keeps under an attribute."""
        given = self._stored(of, path)
        if given is None:
            return self._declared(of, path)
        parameter, maker = given
        if (target := self._target(parameter, maker)) is not None:
            return target
        for call, place in self._makers(owner, of, scope):
            assert isinstance(maker.owner, Function)
            session = argument_for(parameter, maker.owner, call, is_bound=True)
            if session is not None:
                return self.of_expression(session, place)
        return None

    def is_given(self, of: ClassValue, path: str) -> bool:
        """Whether an object was given the session that it keeps under an attribute, by whoever made it."""
        return self._stored(of, path) is not None or self._declared(of, path) is not None

    def _stored(self, of: ClassValue, path: str) -> tuple[Parameter, Scope] | None:
        """The parameter of a method that an object keeps under an attribute."""
        for one in self._lineage(of):
            for method, assigned in one.definition.attributes.get(path, ()):
                for function in one.definition.bindings.get(method, ()):
                    if isinstance(function, Function) and isinstance(assigned.value, Name):
                        inner = self._context.names.scope_of(function)
                        parameter = _parameter(assigned.value.id, inner)
                        return (parameter, inner) if parameter is not None else None
        return None

    def _declared(self, of: ClassValue, path: str) -> Key:
        """`db: Session = Depends(get_db)` in the body of a class."""
        for one in self._lineage(of):
            for definition in one.definition.bindings.get(path, ()):
                marker = self._context.value(definition.value, one.scope) if isinstance(definition, Assigned) else None
                if isinstance(marker, MarkerValue):
                    return _key_of(self._context.roles.dependency(marker))
        return None

    def _makers(self, owner: Expression, of: ClassValue, scope: Scope) -> Iterator[tuple[Call, Scope]]:
        """The calls by which an object may have been made: in the function, or by the dependency that gives it."""
        if isinstance(owner, Call):
            yield owner, scope
        if not isinstance(owner, Name):
            return
        for bound in self._context.names.bindings(scope).get(owner.id, ()):
            if isinstance(bound, Assigned) and isinstance(bound.value, Call):
                yield bound.value, scope
        parameter = _parameter(owner.id, scope)
        marker = self._context.roles.marker(parameter, scope) if parameter is not None else None
        target = self._context.roles.dependency(marker, parameter, scope) if marker is not None else None
        if isinstance(target, FunctionValue):
            for call in target.function.calls:
                made = self._context.value(call, target.scope)
                if isinstance(made, ObjectValue) and made.of.scope is of.scope:
                    yield call, target.scope

    def _lineage(self, of: ClassValue, depth: int = 0) -> Iterator[ClassValue]:
        yield of
        for base in self._context.roles.bases(of) if depth < _BASES else ():
            yield from self._lineage(base, depth + 1)

    def _target(self, parameter: Parameter, scope: Scope) -> int | None:
        marker = self._context.roles.marker(parameter, scope)
        return _key_of(self._context.roles.dependency(marker, parameter, scope)) if marker is not None else None


def _parameter(name: str, scope: Scope) -> Parameter | None:
    parameters = scope.owner.parameters if isinstance(scope.owner, Function) else ()
    return next((one for one in parameters if one.name == name), None)


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
