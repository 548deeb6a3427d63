"""The statements and scopes of the small language that a module is lowered to: frozen, and free of libcst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from fastapi_session_lint.model.expressions import Argument, Attribute, Call, Expression, Subscript, Yield, node
from fastapi_session_lint.model.places import Places

# --- statements ----------------------------------------------------------------------------------------------------


@node
class Do:
    """An expression as a statement; also the parts of a statement that only evaluates them (assert, `x += y`)."""

    value: Expression
    place: int


@node
class Assign:
    """`targets[0] = targets[1] = value`, annotated or not; targets are Name, Attribute, Subscript or Collection."""

    targets: tuple[Expression, ...]
    value: Expression
    place: int


@node
class Return:
    """`return value`."""

    value: Expression | None
    place: int


@node
class Raise:
    """`raise value from cause`."""

    value: Expression | None
    cause: Expression | None
    place: int


@node
class Break:
    """`break`."""

    place: int


@node
class Continue:
    """`continue`."""

    place: int


@node
class Delete:
    """`del targets`."""

    targets: tuple[Expression, ...]
    place: int


@node
class If:
    """An if; an elif is an If alone in `orelse`."""

    test: Expression
    body: Suite
    orelse: Suite
    place: int


@node
class While:
    """A while loop."""

    test: Expression
    body: Suite
    orelse: Suite
    place: int


@node
class For:
    """A for loop."""

    target: Expression
    iterable: Expression
    body: Suite
    orelse: Suite
    is_async: bool
    place: int


@node
class Handler:
    """One except clause; `types` None is a bare one."""

    types: Expression | None
    name: str | None
    body: Suite
    place: int


@node
class Try:
    """A try statement (`except*` clauses are taken as plain ones)."""

    body: Suite
    handlers: tuple[Handler, ...]
    orelse: Suite
    finalbody: Suite
    place: int


@node
class WithItem:
    """One `context as target` of a with."""

    context: Expression
    target: Expression | None


@node
class With:
    """A with statement."""

    items: tuple[WithItem, ...]
    body: Suite
    is_async: bool
    place: int


@node
class Case:
    """One case: the names that its pattern binds, its guard, and whether the pattern takes everything."""

    names: tuple[str, ...]
    guard: Expression | None
    irrefutable: bool
    body: Suite


@node
class Match:
    """A match statement."""

    subject: Expression
    cases: tuple[Case, ...]
    place: int


@node
class Define:
    """A def or class statement; the thing itself is the scope's definition `definition`."""

    definition: Function | Class
    place: int


Statement: TypeAlias = (
    Do | Assign | Return | Raise | Break | Continue | Delete | If | While | For | Try | With | Match | Define
)
Suite: TypeAlias = tuple[Statement, ...]


# --- names and what they are bound to -------------------------------------------------------------------------------


@node
class Imported:
    """`from module import name` (`name` None: the module itself), `level` dots before the module."""

    module: str
    name: str | None
    level: int
    place: int


@node
class Assigned:
    """Bound to `value`: by `=`, or by what `via` says: "with", "async with", "for", "async for".

    `position` is the one in an unpacked value, counted from the end after a star; None where the whole value is bound.
    """

    value: Expression
    annotation: Expression | None
    via: str
    position: int | None
    place: int


@node
class Declared:
    """An annotation without a value."""

    annotation: Expression


@node
class Parameter:
    """A parameter of kind "positional", "keyword", "*" or "**"."""

    name: str
    annotation: Expression | None
    default: Expression | None
    kind: str
    place: int


@node
class Skipped:
    """A def or class that was not lowered because nothing in its text can concern a session; a def's parameters.

    `calls` are the functions that it calls by names which may be the project's.
    """

    name: str
    parameters: tuple[str, ...] = ()
    calls: tuple[Expression, ...] = ()
    is_class: bool = False
    is_decorated: bool = False


OWN_LEVEL = "<module>"
"""The name by which a file that is not lowered binds what it calls at its own level."""


@node
class Other:
    """Bound by something that says nothing of the value (except, match, del, augmented assignment)."""


@node
class Store:
    """`target = value` where the target is an attribute or an item of something."""

    target: Attribute | Subscript
    value: Expression
    place: int


@node
class Function:
    """A def or lambda. `last_bindings`: what a name means in the end, where it is bound anew. `reads` are its free
    names; `calls`, `yields`, `stores` and `lambdas` are those of its own body, as they end. `decorator_places` are
    those of its decorators, without the `@`."""

    name: str
    qualified_name: str
    parameters: tuple[Parameter, ...]
    decorators: tuple[Expression, ...]
    decorator_places: tuple[int, ...]
    returns: Expression | None
    is_async: bool
    is_generator: bool
    body: Suite
    bindings: Bindings
    last_bindings: Bindings
    outer_names: frozenset[str]
    reads: tuple[str, ...]
    calls: tuple[Call, ...]
    yields: tuple[Yield, ...]
    stores: tuple[Store, ...]
    lambdas: tuple[Function, ...]
    place: int


@node
class Class:
    """A class. `attributes`: what its methods assign to attributes of their first parameter, with the method."""

    name: str
    qualified_name: str
    bases: tuple[Expression, ...]
    keywords: tuple[Argument, ...]
    decorators: tuple[Expression, ...]
    body: Suite
    bindings: Bindings
    last_bindings: Bindings
    attributes: Mapping[str, tuple[tuple[str, Assigned], ...]]
    calls: tuple[Call, ...]
    lambdas: tuple[Function, ...]
    place: int


NO_NAMES: frozenset[str] = frozenset()
"""The one empty set of names: most functions have it, and each that Python makes takes 216 bytes."""
Definition: TypeAlias = Imported | Assigned | Declared | Parameter | Skipped | Other | Function | Class
Bindings: TypeAlias = Mapping[str, tuple[Definition, ...]]
NO_BINDINGS: Bindings = {}
"""The one that is empty, for the reason above."""


@node
class Module:
    """One file. `body` and `bindings` are those of the module level; `star_imports` bind names of their own.

    `last_bindings` are as those of a function.
    """

    path: str
    body: Suite
    bindings: Bindings
    last_bindings: Bindings
    star_imports: tuple[Imported, ...]
    exports: tuple[str, ...] | None
    calls: tuple[Call, ...]
    stores: tuple[Store, ...]
    lambdas: tuple[Function, ...]
    places: Places
