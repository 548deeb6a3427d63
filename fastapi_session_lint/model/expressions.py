"""The expressions of the small language that a module is lowered to: frozen, and free of libcst.

They keep what the analysis asks about (names, calls, awaits, yields) and drop the rest: trivia, operators, literals
that are no strings. Nodes are compared by identity. A `place` is an index into Module.places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from fastapi_session_lint.model.syntax import Function

_Node = TypeVar("_Node")


@dataclass_transform(frozen_default=True, eq_default=False)
def node(node: type[_Node]) -> type[_Node]:
    """A frozen value without a comparison of its own: there are very many, and none is ever asked for its equal.

    Type checkers hold that none is changed. To hold it at run time, too, would cost a tenth of all reading.
    """
    made = dataclass(frozen=False, slots=True, eq=False, repr=False)(node)
    made.__repr__ = shown  # type: ignore[method-assign]  # one for all: each of its own took time at every start
    made.__reduce__ = _reduced(made, [one.name for one in fields(made)])  # type: ignore[assignment, arg-type]  # as of any dataclass
    return made


def shown(node: object) -> str:
    """A node as a dataclass would show it."""
    given = ", ".join(f"{one.name}={getattr(node, one.name)!r}" for one in fields(node))  # type: ignore[arg-type]
    return f"{type(node).__qualname__}({given})"


def _reduced(made: type[_Node], names: Sequence[str]) -> Callable[[_Node], tuple[Any, ...]]:
    """How a node is pickled: as a call with its fields, half the time and two thirds of the bytes of what is usual."""
    if len(names) < 2:
        return lambda node: (made, tuple(getattr(node, name) for name in names))
    told = attrgetter(*names)
    return lambda node: (made, told(node))


NOWHERE = -1
"""The place of a node that has none of its own."""


@node
class Name:
    """A name that is read."""

    id: str


@node
class Attribute:
    """`value.name`."""

    value: Expression
    name: str


@node
class Argument:
    """One argument of a call: positional (`name` None), by keyword, or unpacked (`star` is `*` or `**`)."""

    name: str | None
    value: Expression
    star: str


@node
class Call:
    """A call."""

    function: Expression
    arguments: tuple[Argument, ...]
    place: int


@node
class Constant:
    """A literal: text, bytes (as None with `kind` "bytes"), number (its source text), None, True, False or `...`."""

    kind: str
    value: str | bool | None
    place: int


@node
class Template:
    """An f-string, or literals beside one: its literal parts and its expressions in order."""

    parts: tuple[Expression, ...]
    place: int


@node
class Await:
    """`await value`."""

    value: Expression
    place: int


@node
class Yield:
    """`yield value` or, with `is_from`, `yield from value`."""

    value: Expression | None
    is_from: bool
    place: int


@node
class Collection:
    """A tuple, list, set or dict display; a dict's `items` are its keys and values in turn (`**x` as Starred)."""

    kind: str
    items: tuple[Expression, ...]


@node
class Starred:
    """`*value`, or `**value` in a dict display."""

    value: Expression


@node
class Subscript:
    """`value[key]`."""

    value: Expression
    key: Expression


@node
class Choice:
    """`body if test else orelse`."""

    test: Expression
    body: Expression
    orelse: Expression


@node
class Logic:
    """`left and right`, `left or right` (`operator`)."""

    operator: str
    left: Expression
    right: Expression


@node
class Not:
    """`not value`."""

    value: Expression


@node
class Compare:
    """One comparison, its operator as text: `is`, `is not`, `==`, `in` …"""

    left: Expression
    operator: str
    right: Expression


@node
class Walrus:
    """`target := value`."""

    target: str
    value: Expression


@node
class Lambda:
    """A lambda, as a function with one return."""

    function: Function


@node
class Generator:
    """One `for target in iterable if conditions` of a comprehension."""

    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]
    is_async: bool


@node
class Comprehension:
    """A comprehension of kind "list", "set", "dict" or "generator"."""

    kind: str
    elements: tuple[Expression, ...]
    generators: tuple[Generator, ...]


@node
class Opaque:
    """Any other expression, by those of its parts that say something."""

    parts: tuple[Expression, ...]


Expression: TypeAlias = (
    Name
    | Attribute
    | Call
    | Constant
    | Template
    | Await
    | Yield
    | Collection
    | Starred
    | Subscript
    | Choice
    | Logic
    | Not
    | Compare
    | Walrus
    | Lambda
    | Comprehension
    | Opaque
)

NOTHING = Opaque(())
DOCUMENTATION = Constant("text", "", NOWHERE)
"""A text that stands alone, whatever it says."""


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression in evaluation order; a lambda's body is none of them."""
    kind = type(expression)
    if kind is Name or kind is Constant:  # most are
        return ()
    match expression:
        case Name() | Constant() | Lambda():
            return ()
        case Attribute(value, _) | Starred(value) | Not(value) | Await(value, _) | Walrus(_, value):
            return (value,)
        case Call(function, arguments, _):
            return (function, *[argument.value for argument in arguments])
        case Template(parts, _) | Opaque(parts) | Collection(_, parts):
            return parts
        case Yield(value, _, _):
            return () if value is None else (value,)
        case Subscript(left, right) | Logic(_, left, right) | Compare(left, _, right):
            return (left, right)
        case Choice(test, body, orelse):
            return (test, body, orelse)
        case Comprehension(_, elements, generators):
            inner = [part for one in generators for part in (one.iterable, *one.conditions)]
            return (*inner, *elements)


def dotted(expression: Expression) -> str | None:
    """`a.b.c` as text, None when the expression is anything but names joined by dots."""
    if type(expression) is Name:
        return expression.id
    names = []
    while type(expression) is Attribute:
        names.append(expression.name)
        expression = expression.value
    return ".".join((expression.id, *reversed(names))) if type(expression) is Name else None


def last_name(expression: Expression) -> str:
    """`c` of `a.b.c`; empty where an expression does not end in a name."""
    if type(expression) is Attribute:
        return expression.name
    return expression.id if type(expression) is Name else ""
