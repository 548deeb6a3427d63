"""A module's model as bytes and back, so that a later run need not parse: plain JSON, without any code in it.

A model is a list of rows, one for each node: the number of its class, then its fields. A field that holds a node holds
the number of an earlier row, so that nodes which are shared stay shared, and no row can lead back to itself. What the
bytes say of names is not checked: whoever writes them can make a run wrong, but not make it run code, or run for ever.
"""

from __future__ import annotations

import dataclasses
import enum
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi_session_lint.model import expressions, syntax
from fastapi_session_lint.model.places import Places
from fastapi_session_lint.model.syntax import NO_NAMES, Module

_SCALARS = frozenset({str, int, bool, type(None)})
_PLAIN = frozenset({"str", "int", "bool", "str | None", "int | None", "str | bool | None"})


class Kind(enum.Enum):
    """What is done with a field that is no plain value."""

    VALUE = enum.auto()
    """Nodes, texts, and tuples and mappings of them."""
    NUMBERS = enum.auto()
    NAMES = enum.auto()
    PLACES = enum.auto()
    PATH = enum.auto()
    """Left out: the same text is the same model wherever it lies."""


class Form(NamedTuple):
    """A class of nodes: its number and its fields; by position those that are plain, hold nodes, or need other care."""

    number: int
    made: type[Any]
    fields: tuple[str, ...]
    plain: tuple[int, ...]
    values: tuple[int, ...]
    others: tuple[tuple[int, Kind], ...]


def _form(number: int, made: type[Any]) -> Form:
    fields = dataclasses.fields(made)
    kinds = [(position, _kind(made, one)) for position, one in enumerate(fields)]
    return Form(
        number,
        made,
        tuple(one.name for one in fields),
        plain=tuple(position for position, kind in kinds if kind is None),
        values=tuple(position for position, kind in kinds if kind is Kind.VALUE),
        others=tuple((position, kind) for position, kind in kinds if kind not in (None, Kind.VALUE)),
    )


def _kind(made: type[Any], field: dataclasses.Field[Any]) -> Kind | None:
    match str(field.type):
        case "tuple[int, ...]":
            return Kind.NUMBERS
        case "frozenset[str]":
            return Kind.NAMES
        case "Places":
            return Kind.PLACES
        case _ if made is Module and field.name == "path":
            return Kind.PATH
        case plain if plain in _PLAIN:
            return None
    return Kind.VALUE


def _classes() -> list[type[Any]]:
    """The classes of nodes in a fixed order."""
    found = {
        name: one
        for home in (expressions, syntax)
        for name, one in vars(home).items()
        if isinstance(one, type) and dataclasses.is_dataclass(one) and one.__module__ == home.__name__
    }
    return [found[name] for name in sorted(found)]


_NUMBERED = tuple(_form(number, one) for number, one in enumerate(_classes()))
FORMS: Mapping[type[Any], Form] = {form.made: form for form in _NUMBERED}
"""The forms of all nodes that a model is made of."""


# --- writing ---


def stored(module: Module | None) -> bytes | None:
    """The model as bytes, without its path; None where it is nested too deeply for that."""
    writer = _Writer()
    try:
        if module is not None:
            writer.row(module)
        return json.dumps(writer.rows, separators=(",", ":"), ensure_ascii=True).encode()
    except RecursionError:
        return None


class _Writer:
    """The rows of one model so far, with the number of each node that has one."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self._numbers: dict[int, int] = {}

    def row(self, node: Any) -> int:
        """The number of a node's row, which is written after those of its parts."""
        number = self._numbers.get(id(node))
        if number is not None:
            return number
        form = FORMS[type(node)]
        row = [getattr(node, name) for name in form.fields]
        for position in form.values:
            row[position] = self._value(row[position])
        for position, kind in form.others:
            row[position] = self._special(kind, row[position])
        self.rows.append([form.number, *row])
        self._numbers[id(node)] = len(self.rows) - 1
        return len(self.rows) - 1

    def _special(self, kind: Kind, value: Any) -> Any:
        match kind:
            case Kind.NUMBERS:
                return list(value)
            case Kind.NAMES:
                return sorted(value)
            case Kind.PLACES:
                return value.numbers()
            case Kind.PATH:
                return None

    def _value(self, value: Any) -> Any:
        if type(value) in FORMS:
            return self.row(value)
        if type(value) is tuple:
            return [self._value(one) for one in value]
        if isinstance(value, Mapping):
            return {name: self._value(one) for name, one in value.items()}
        return value


# --- reading ---


def restored(data: bytes, path: str) -> Module | None:
    """The model of the file at a path, None where it has none. Raises ValueError for bytes that are no model."""
    try:
        rows = json.loads(data)
        return _module(rows, path) if rows else None
    except (TypeError, IndexError, AttributeError, RecursionError) as error:
        raise ValueError from error


def _module(rows: Sequence[list[Any]], path: str) -> Module:
    done: list[Any] = []

    def value(given: Any) -> Any:
        kind = given.__class__
        if kind is int:
            return done[given]
        if kind is list:
            return tuple([done[one] if one.__class__ is int else value(one) for one in given])
        if kind is dict:
            return {name: value(one) for name, one in given.items()}
        if given is None or kind is str:
            return given
        raise TypeError

    for row in rows:
        form = _NUMBERED[row.pop(0)]
        for position in form.plain:
            if row[position].__class__ not in _SCALARS:
                raise TypeError
        for position in form.values:
            given = row[position]
            row[position] = done[given] if given.__class__ is int else value(given)
        for position, kind in form.others:
            row[position] = _restored(kind, row[position], path)
        done.append(form.made(*row))
    if not isinstance(done[-1], Module):
        raise TypeError
    return done[-1]


def _restored(kind: Kind, given: Any, path: str) -> Any:
    if kind is Kind.PATH:
        return path
    if kind is Kind.NAMES:
        return frozenset(given) or NO_NAMES
    if kind is Kind.PLACES:
        return Places(given)
    return tuple([int(one) for one in given])
