"""What an attribute stands for: of a module, a class, an object, a library's thing, an application's state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Subscript
from fastapi_session_lint.model.syntax import Definition, Function
from fastapi_session_lint.project.combining import combine, given
from fastapi_session_lint.project.libraries import library_value
from fastapi_session_lint.project.values import (
    ClassValue,
    EngineValue,
    FunctionValue,
    Library,
    LibraryObject,
    ModuleValue,
    ObjectValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles


class Members:
    """The answer to "what is this attribute"."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def _inherited(self, scope: Scope, name: str) -> Value | None:
        """`super().name` in a method."""
        place: Scope | None = scope
        while place is not None and place.enclosing_class is None:
            place = place.outer
        if place is None or place.enclosing_class is None:
            return None
        here = ClassValue(place.enclosing_class)
        return combine(self.member(base, name, ObjectValue(here)) for base in self.bases(here))

    def attribute(self, owner: Value | None, name: str, scope: Scope) -> Value | None:
        """What `owner.name` stands for in a scope."""
        match owner:
            case ModuleValue(path):
                return self._module_member(path, name)
            case Library(prefix):
                return library_value(f"{prefix}.{name}")
            case LibraryObject("super"):
                return self._inherited(scope, name)
            case LibraryObject(kind):
                return self._library_attribute(kind, name)
            case ObjectValue(of):
                if name == "__class__":
                    return of
                return self.member(of, name, owner) or self._roles.stores.on(owner, name)
            case ClassValue():
                return self.member(owner, name, None) or self._roles.stores.on(owner, name)
            case SessionValue(True, flavour, _) if name == "sync_session":
                return SessionValue(False, flavour)
            case EngineValue(True) if name == "sync_engine":
                return EngineValue(False)
            case SessionClass() if name in ("__init__", "__new__"):
                return owner
        return None

    def _module_member(self, path: str, name: str) -> Value | None:
        found = self._roles.names.member(path, name)
        if found is not None:
            return self._roles.bound(*found) or self._roles.stores.on(ModuleValue(path), name)
        inner = self._roles.names.imports.submodule(path, name)
        return ModuleValue(inner) if inner else None

    def _library_attribute(self, kind: str, name: str) -> Value | None:
        if name in ("state", "app"):
            return LibraryObject("state") if name == "state" else LibraryObject("fastapi.FastAPI")
        if kind == "state":
            return self._roles.stores.on_state(name)
        if kind in vocabulary.GRAPHQL_INFOS and name == "context":
            return self._roles.contexts.value()
        if kind in vocabulary.APPLICATIONS and (stored := self._roles.stores.on(LibraryObject(kind), name)):
            return stored
        return LibraryObject(f"{kind}.{name}")

    def member(self, owner: ClassValue, name: str, receiver: Value | None, depth: int = 0) -> Value | None:
        """An attribute of a class of the project or its instance: method, class attribute, or assigned in a method."""
        scope = owner.scope
        definition = owner.definition
        found: list[Value | None] = []
        for one in self._roles.names.last_bindings(name, scope):
            found.append(self._method_or_attribute(one, scope, receiver, owner))
        for method, assigned in definition.attributes.get(name, ()):
            for function in definition.bindings.get(method, ()):
                if isinstance(function, Function):
                    found.append(self._roles.assigned(assigned, self._roles.names.scope_of(function)))
        known = combine(found)
        if known is not None or found or depth > 8:
            return known
        for base in self.bases(owner):
            if (inherited := self.member(base, name, receiver, depth + 1)) is not None:
                return inherited
        return None

    def _method_or_attribute(
        self, one: Definition, scope: Scope, receiver: Value | None, owner: ClassValue
    ) -> Value | None:
        if not isinstance(one, Function):
            return self._roles.defined(one, scope)
        kinds = self._roles.decorators(one, self._roles.names.scope_of(one))
        if kinds & vocabulary.PROPERTY_DECORATORS:
            return given(self._roles.call_result(FunctionValue(self._roles.names.scope_of(one), receiver)))
        if "staticmethod" in kinds:
            return FunctionValue(self._roles.names.scope_of(one))
        bound = owner if "classmethod" in kinds else receiver
        return FunctionValue(self._roles.names.scope_of(one), bound)

    def bases(self, owner: ClassValue) -> Iterator[ClassValue]:
        """The bases of a class that are classes of the project."""
        outer = owner.scope.outer or owner.scope
        for base in owner.definition.bases:
            value = self._roles.value(base.value if isinstance(base, Subscript) else base, outer)
            if isinstance(value, ClassValue) and value.scope is not owner.scope:
                yield value
