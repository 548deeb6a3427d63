"""The small language that a module is lowered to: expressions, statements and scopes, frozen and free of libcst.

It keeps what the analysis asks about (names, calls, awaits, yields, control flow) and drops the rest: trivia,
operators, literals that are no strings. Nodes are compared by identity. A `place` is an index into Module.places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar, dataclass_transform

from fastapi_session_lint.findings import Span

_Node = TypeVar("_Node")


@dataclass_transform(frozen_default=True, eq_default=False)
def _node(node: type[_Node]) -> type[_Node]:
    """A frozen value without a comparison of its own: there are very many, and none is ever asked for its equal."""
    return dataclass(frozen=True, slots=True, eq=False)(node)


NOWHERE = -1
"""The place of a node that has none of its own."""


# --- expressions ---------------------------------------------------------------------------------------------------


@_node
class Name:
    """A name that is read."""

    id: str


@_node
class Attribute:
    """`value.name`."""

    value: Expression
    name: str


@_node
class Argument:
    """One argument of a call: positional (`name` None), by keyword, or unpacked (`star` is `*` or `**`)."""

    name: str | None
    value: Expression
    star: str


@_node
class Call:
    """A call."""

    function: Expression
    arguments: tuple[Argument, ...]
    place: int


@_node
class Constant:
    """A literal: text, bytes (as None with `kind` "bytes"), number (its source text), None, True, False or `...`."""

    kind: str
    value: str | bool | None
    place: int


@_node
class Template:
    """An f-string, or literals beside one: its literal parts and its expressions in order."""

    parts: tuple[Expression, ...]
    place: int


@_node
class Await:
    """`await value`."""

    value: Expression
    place: int


@_node
class Yield:
    """`yield value` or, with `is_from`, `yield from value`."""

    value: Expression | None
    is_from: bool
    place: int


@_node
class Collection:
    """A tuple, list, set or dict display; a dict's `items` are its keys and values in turn (`**x` as Starred)."""

    kind: str
    items: tuple[Expression, ...]


@_node
class Starred:
    """`*value`, or `**value` in a dict display."""

    value: Expression


@_node
class Subscript:
    """`value[key]`."""

    value: Expression
    key: Expression


@_node
class Choice:
    """`body if test else orelse`."""

    test: Expression
    body: Expression
    orelse: Expression


@_node
class Logic:
    """`left and right`, `left or right` (`operator`)."""

    operator: str
    left: Expression
    right: Expression


@_node
class Not:
    """`not value`."""

    value: Expression


@_node
class Compare:
    """One comparison, its operator as text: `is`, `is not`, `==`, `in` …"""

    left: Expression
    operator: str
    right: Expression


@_node
class Walrus:
    """`target := value`."""

    target: str
    value: Expression


@_node
class Lambda:
    """A lambda, as a function with one return."""

    function: Function


@_node
class Generator:
    """One `for target in iterable if conditions` of a comprehension."""

    target: Expression
    iterable: Expression
    conditions: tuple[Expression, ...]
    is_async: bool


@_node
class Comprehension:
    """A comprehension of kind "list", "set", "dict" or "generator"."""

    kind: str
    elements: tuple[Expression, ...]
    generators: tuple[Generator, ...]


@_node
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


def says_nothing(expression: Expression) -> bool:
    """Whether an expression has no part that could concern a session."""
    return isinstance(expression, Opaque) and not expression.parts


# --- statements ----------------------------------------------------------------------------------------------------


@_node
class Do:
    """An expression as a statement; also the parts of a statement that only evaluates them (assert, `x += y`)."""

    value: Expression
    place: int


@_node
class Assign:
    """`targets[0] = targets[1] = value`, annotated or not; targets are Name, Attribute, Subscript or Collection."""

    targets: tuple[Expression, ...]
    value: Expression
    place: int


@_node
class Return:
    """`return value`."""

    value: Expression | None
    place: int


@_node
class Raise:
    """`raise value from cause`."""

    value: Expression | None
    cause: Expression | None
    place: int


@_node
class Break:
    """`break`."""

    place: int


@_node
class Continue:
    """`continue`."""

    place: int


@_node
class Delete:
    """`del targets`."""

    targets: tuple[Expression, ...]
    place: int


@_node
class If:
    """An if; an elif is an If alone in `orelse`."""

    test: Expression
    body: Suite
    orelse: Suite
    place: int


@_node
class While:
    """A while loop."""

    test: Expression
    body: Suite
    orelse: Suite
    place: int


@_node
class For:
    """A for loop."""

    target: Expression
    iterable: Expression
    body: Suite
    orelse: Suite
    is_async: bool
    place: int


@_node
class Handler:
    """One except clause; `types` None is a bare one."""

    types: Expression | None
    name: str | None
    body: Suite
    place: int


@_node
class Try:
    """A try statement (`except*` clauses are taken as plain ones)."""

    body: Suite
    handlers: tuple[Handler, ...]
    orelse: Suite
    finalbody: Suite
    place: int


@_node
class WithItem:
    """One `context as target` of a with."""

    context: Expression
    target: Expression | None


@_node
class With:
    """A with statement."""

    items: tuple[WithItem, ...]
    body: Suite
    is_async: bool
    place: int


@_node
class Case:
    """One case: the names that its pattern binds, its guard, and whether the pattern takes everything."""

    names: tuple[str, ...]
    guard: Expression | None
    irrefutable: bool
    body: Suite


@_node
class Match:
    """A match statement."""

    subject: Expression
    cases: tuple[Case, ...]
    place: int


@_node
class Define:
    """A def or class statement; the thing itself is the scope's definition `definition`."""

    definition: Function | Class
    place: int


Statement: TypeAlias = (
    Do | Assign | Return | Raise | Break | Continue | Delete | If | While | For | Try | With | Match | Define
)
Suite: TypeAlias = tuple[Statement, ...]


# --- names and what they are bound to -------------------------------------------------------------------------------


@_node
class Imported:
    """`from module import name` (`name` None: the module itself), `level` dots before the module."""

    module: str
    name: str | None
    level: int


@_node
class Assigned:
    """Bound to `value`: by `=`, or by what `via` says: "with", "async with", "for", "async for".

    `position` is the one in an unpacked value, None where the whole value is bound.
    """

    value: Expression
    annotation: Expression | None
    via: str
    position: int | None
    place: int


@_node
class Declared:
    """An annotation without a value."""

    annotation: Expression


@_node
class Parameter:
    """A parameter of kind "positional", "keyword", "*" or "**"."""

    name: str
    annotation: Expression | None
    default: Expression | None
    kind: str
    place: int


@_node
class Skipped:
    """A def or class that was not lowered because nothing in its text can concern a session."""

    name: str


@_node
class Other:
    """Bound by something that says nothing of the value (except, match, del, augmented assignment)."""


@_node
class Store:
    """`target = value` where the target is an attribute or an item of something."""

    target: Attribute | Subscript
    value: Expression
    place: int


@_node
class Function:
    """A def or lambda. `reads` are its free names; `calls`, `yields`, `stores` and
    `lambdas` are those of its own body, as they end."""

    name: str
    qualified_name: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expression, ...]
    returns: Expression | None
    is_async: bool
    is_generator: bool
    body: Suite
    bindings: Bindings
    outer_names: frozenset[str]
    reads: frozenset[str]
    calls: tuple[Call, ...]
    yields: tuple[Yield, ...]
    stores: tuple[Store, ...]
    lambdas: tuple[Function, ...]
    place: int


@_node
class Class:
    """A class. `attributes`: what its methods assign to attributes of their first parameter, with the method."""

    name: str
    qualified_name: str
    bases: tuple[Expression, ...]
    keywords: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: Suite
    bindings: Bindings
    attributes: Mapping[str, tuple[tuple[str, Assigned], ...]]
    calls: tuple[Call, ...]
    lambdas: tuple[Function, ...]
    place: int


Definition: TypeAlias = Imported | Assigned | Declared | Parameter | Skipped | Other | Function | Class
Bindings: TypeAlias = Mapping[str, tuple[Definition, ...]]


@_node
class Module:
    """One file. `body` and `bindings` are those of the module level; `star_imports` bind names of their own."""

    path: str
    body: Suite
    bindings: Bindings
    star_imports: tuple[Imported, ...]
    exports: tuple[str, ...] | None
    calls: tuple[Call, ...]
    stores: tuple[Store, ...]
    lambdas: tuple[Function, ...]
    places: tuple[Span, ...]


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression in evaluation order; a lambda's body is none of them."""
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
    names = []
    while isinstance(expression, Attribute):
        names.append(expression.name)
        expression = expression.value
    if not isinstance(expression, Name):
        return None
    return ".".join((expression.id, *reversed(names)))
