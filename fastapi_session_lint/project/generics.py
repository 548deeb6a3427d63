"""Subscripted types: `Annotated[…]`, `Iterator[Session]`, `sessionmaker[Session]` and their like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Collection, Expression, Name
from fastapi_session_lint.project.combining import combine
from fastapi_session_lint.project.items import declared, item
from fastapi_session_lint.project.values import (
    AnnotatedValue,
    ClassValue,
    CollectionValue,
    CoroutineValue,
    ElementsValue,
    GeneratorValue,
    Library,
    ManagerValue,
    MarkerValue,
    ProviderValue,
    Scope,
    Value,
    VariableValue,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles


def subscript(value: Expression, index: Expression, scope: Scope, roles: Roles) -> Value | None:
    """What `value[index]` stands for: a generic type with its argument, or Annotated."""
    kind = roles.value(value, scope)
    items = index.items if isinstance(index, Collection) else (index,)
    if kind is None and isinstance(value, Name) and value.id in vocabulary.CONTAINER_TYPES:
        kind = Library(value.id) if roles.names.lookup(value.id, scope) is None else None
    match kind:
        case CollectionValue() | ElementsValue():
            return item(kind, index)
        case Library(name) if name in vocabulary.CONTAINER_TYPES:
            return declared(name, items, scope, roles)
        case Library(name) if name in vocabulary.VARIABLE_TYPES:
            held = roles.instance(items[0], scope)
            return VariableValue(held) if held is not None else None
        case Library(name) if name in vocabulary.ANNOTATED:
            markers = [roles.value(item, scope) for item in items[1:]]
            marker = next((one for one in markers if isinstance(one, MarkerValue)), None)
            inner = roles.value(items[0], scope)
            if isinstance(inner, AnnotatedValue):
                return AnnotatedValue(inner.kind, marker or inner.marker)
            return AnnotatedValue(inner, marker)
        case Library(name) if name in vocabulary.TRANSPARENT_GENERICS:
            return combine(roles.value(item, scope) for item in items)
        case Library(name) if name in vocabulary.GENERATOR_TYPES:
            return GeneratorValue(roles.instance(items[0], scope), "Async" in name)
        case Library(name) if name in vocabulary.COROUTINE_TYPES:
            return CoroutineValue(roles.instance(items[-1], scope))
        case Library(name) if name in vocabulary.MANAGER_TYPES:
            return ManagerValue(roles.instance(items[0], scope))
        case Library(name) if name in vocabulary.CALLABLE_TYPES:
            return ProviderValue(roles.instance(items[-1], scope))
        case Library(name) if name in vocabulary.TYPE_TYPES:
            return roles.value(items[0], scope)
        case Library(name) if name in vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS:
            return kind
        case Library(name) if name in vocabulary.SCOPED_MAKERS | vocabulary.ASYNC_SCOPED_MAKERS:
            return kind
        case Library(name) if name in vocabulary.GRAPHQL_INFOS:
            return kind
        case ClassValue():
            return kind
    return None
