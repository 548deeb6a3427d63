"""What is put into an attribute from outside: of an application's state, of an object, a class, a module."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Collection, Constant, Expression, Name
from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.combining import combine
from fastapi_session_lint.project.values import ClassValue, LibraryObject, ModuleValue, ObjectValue, Scope, Value

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles


class Stored(NamedTuple):
    """`owner.name = value` in a scope."""

    owner: Expression
    value: Expression
    scope: Scope


class Stores:
    """The answer to "what does somebody else put there"."""

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    @functools.cached_property
    def _by_name(self) -> dict[str, list[Stored]]:
        """Every store to an attribute, those of a method to its own object apart: the class knows them."""
        found: dict[str, list[Stored]] = defaultdict(list)
        for scope in self._roles.names.all_scopes():
            owner = scope.owner
            stores = owner.stores if isinstance(owner, Function) else scope.module.stores
            own = _receiver(scope)
            for store in stores:
                target = store.target
                if isinstance(target, Attribute) and not (isinstance(target.value, Name) and target.value.id == own):
                    found[target.name].append(Stored(target.value, store.value, scope))
        return found

    @functools.cached_property
    def _handed_over(self) -> dict[str, list[tuple[Expression, Scope]]]:
        """What a life-span function yields as a dict becomes the state of every request, by its keys.

        Source: https://www.starlette.io/lifespan/#lifespan-state
        """
        found: dict[str, list[tuple[Expression, Scope]]] = defaultdict(list)
        for scope in self._roles.names.functions:
            assert isinstance(scope.owner, Function)
            for one in scope.owner.yields:
                if isinstance(one.value, Collection) and one.value.kind == "dict" and self._is_manager(scope):
                    for key, value in zip(one.value.items[::2], one.value.items[1::2], strict=False):
                        if isinstance(key, Constant) and key.kind == "text":
                            found[str(key.value)].append((value, scope))
        return found

    def _is_manager(self, scope: Scope) -> bool:
        assert isinstance(scope.owner, Function)
        return bool(self._roles.decorators(scope.owner, scope) & vocabulary.MANAGER_DECORATORS)

    def on_state(self, name: str) -> Value | None:
        """What `….state.NAME` is given anywhere in the project."""
        stored = [
            (one.value, one.scope)
            for one in self._by_name.get(name, ())
            if isinstance(one.owner, Attribute) and one.owner.name == "state"
        ]
        return combine(self._roles.value(*one) for one in (*stored, *self._handed_over.get(name, ())))

    def on(self, owner: Value, name: str) -> Value | None:
        """What the attribute of a module, class, object or application is given from outside."""
        return combine(self._values_on(owner, name))

    def _values_on(self, owner: Value, name: str) -> Iterator[Value | None]:
        for one in self._by_name.get(name, ()):
            if _is_same(self._roles.value(one.owner, one.scope), owner):
                yield self._roles.value(one.value, one.scope)


def _receiver(scope: Scope) -> str | None:
    """What a method calls its own object."""
    owner = scope.owner
    if scope.enclosing_class is None or not isinstance(owner, Function) or not owner.parameters:
        return None
    return owner.parameters[0].name


def _is_same(found: Value | None, owner: Value) -> bool:
    """Whether both are one thing, as far as attributes go: an object shares those of its class."""
    match found, owner:
        case ((ObjectValue(ClassValue(one)) | ClassValue(one)), (ObjectValue(ClassValue(other)) | ClassValue(other))):
            return one is other
        case (ModuleValue(), ModuleValue()) | (LibraryObject(), LibraryObject()):
            return found == owner
    return False
