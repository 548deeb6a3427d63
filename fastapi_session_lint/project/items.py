"""What the items of a tuple, list or dict stand for: of a display, or of an annotation such as `dict[str, Session]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Collection, Constant, Expression, Starred
from fastapi_session_lint.project.values import CollectionValue, ElementsValue, Scope, Value

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles

_MANY = 30
"""A longer display is a table of plain values."""


def display(collection: Collection, scope: Scope, roles: Roles) -> CollectionValue | None:
    """A tuple, list or dict that is written out; None where nothing in it is known, or a star hides its order."""
    is_dict = collection.kind == "dict"
    items = collection.items[1::2] if is_dict else collection.items
    if collection.kind == "set" or len(items) > _MANY or any(isinstance(one, Starred) for one in collection.items):
        return None
    values = tuple(None if isinstance(one, Constant) else roles.value(one, scope) for one in items)
    keys = tuple(_text(key) for key in collection.items[::2]) if is_dict else ()
    return CollectionValue(values, keys) if any(values) else None


def declared(name: str, arguments: tuple[Expression, ...], scope: Scope, roles: Roles) -> Value | None:
    """An instance of a subscripted builtin type, or of typing's name for it."""
    if name in vocabulary.TUPLE_TYPES and not _is_open(arguments):
        return CollectionValue(tuple(roles.instance(one, scope) for one in arguments), ())
    if not arguments:
        return None
    last = arguments[0] if name in vocabulary.TUPLE_TYPES else arguments[-1]
    each = roles.instance(last, scope)
    return ElementsValue(each, name in vocabulary.MAPPING_TYPES) if each is not None else None


def _is_open(arguments: tuple[Expression, ...]) -> bool:
    """`tuple[X, ...]`."""
    return bool(arguments) and isinstance(arguments[-1], Constant) and arguments[-1].value == "..."


def item(container: Value | None, key: Expression) -> Value | None:
    """What `container[key]` is."""
    match container, key:
        case ElementsValue(value), _:
            return value
        case CollectionValue(values, ()), Constant("number", str(text)) if text.isdigit():
            return at(container, int(text))
        case CollectionValue(values, keys), Constant("text", str(text)) if text in keys:
            return values[keys.index(text)]
        case CollectionValue(), Constant():
            return None
    return each(container)


def at(container: Value | None, position: int) -> Value | None:
    """What stands at a position, counted from the end where it is negative."""
    if isinstance(container, ElementsValue):
        return container.value
    if not isinstance(container, CollectionValue) or container.keys:
        return None
    values = container.values
    return values[position] if -len(values) <= position < len(values) else None


def each(container: Value | None) -> Value | None:
    """What every item is: known only where all are known to be the same."""
    if isinstance(container, ElementsValue):
        return container.value
    if not isinstance(container, CollectionValue) or not container.values:
        return None
    first = container.values[0]
    return first if all(value == first for value in container.values) else None


def gone_through(container: Value | None) -> Value | None:
    """What a loop over a container binds; over a mapping, that is its keys."""
    match container:
        case ElementsValue(_, True) | CollectionValue(_, (_, *_)):
            return None
    return each(container)


def _text(key: Expression) -> str | None:
    return str(key.value) if isinstance(key, Constant) and key.kind == "text" else None
