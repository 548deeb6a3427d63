"""What a name or expression can be known to stand for. None, wherever a Value may stand, means: not known."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar, dataclass_transform

from fastapi_session_lint.model.expressions import Attribute, Call, Expression, shown
from fastapi_session_lint.model.syntax import Class, Function, Module, Statement, Suite
from fastapi_session_lint.model.walk import expressions_of, statements, subexpressions

_Made = TypeVar("_Made")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def _value(made: type[_Made]) -> type[_Made]:
    """A value that is compared by its fields. As with nodes, type checkers hold that none is changed.

    To hold it at run time, too, makes each twice as long to make, and each class.
    """
    made = dataclass(slots=True, unsafe_hash=True, repr=False)(made)
    made.__repr__ = shown  # type: ignore[method-assign]  # one for all, as of nodes
    return made


@dataclass(frozen=True, eq=False)
class Scope:
    """Where a name is looked up: a module (`owner` None), a class, or a function, and the scope around it.

    What is in its body is gone through by many questions, and so is laid out flat once.
    """

    module: Module
    owner: Function | Class | None
    outer: Scope | None
    answers: dict[object, Value | None] = field(default_factory=dict, init=False, repr=False)
    """What is remembered of the values of its expressions and definitions, see memory."""

    @property
    def body(self) -> Suite:
        """The statements at its own level."""
        return self.module.body if self.owner is None else self.owner.body

    @functools.cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of its body, those within compound statements too, but not those of nested defs."""
        return tuple(statements(self.body))

    @functools.cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression of its body with all its parts, but for those in nested defs and lambdas."""
        return tuple(
            part for one in self.statements for expression in expressions_of(one) for part in subexpressions(expression)
        )

    @property
    def enclosing_class(self) -> Scope | None:
        """The class whose method this function is."""
        return self.outer if self.outer is not None and isinstance(self.outer.owner, Class) else None


@_value
class Library:
    """Something of a library or builtin, by its full dotted name."""

    name: str


@_value
class LibraryObject:
    """An instance of a library's class, or what its function gives: by the dotted name that was called."""

    name: str


@_value
class ModuleValue:
    """A module or package of the project, by its file or folder."""

    path: str


@_value
class FunctionValue:
    """A function of the project; `receiver` is the object or class that it is bound to."""

    scope: Scope
    receiver: Value | None = None

    @property
    def function(self) -> Function:
        """The def."""
        assert isinstance(self.scope.owner, Function)
        return self.scope.owner


@_value
class ClassValue:
    """A class of the project."""

    scope: Scope

    @property
    def definition(self) -> Class:
        """The class statement."""
        assert isinstance(self.scope.owner, Class)
        return self.scope.owner


@_value
class ObjectValue:
    """An instance of a class of the project."""

    of: ClassValue


@_value
class EngineValue:
    """An engine and, where it is known, the call that makes it and its scope."""

    is_async: bool
    call: Call | None = field(default=None, compare=False)
    scope: Scope | None = field(default=None, compare=False)


@_value
class ConnectionValue:
    """A connection of an engine: a session bound to it does not own it."""


EITHER = "either"
"""The flavour of what may be SQLAlchemy's own or SQLModel's."""


@_value
class SessionClass:
    """A session class: its `flavour` is "sqlalchemy", "sqlmodel" or EITHER, `of` the project's own class of it."""

    is_async: bool
    flavour: str = "sqlalchemy"
    of: Scope | None = field(default=None, compare=False)


@_value
class FactoryValue:
    """What makes sessions when called; `is_scoped` for the registries, which are sessions by proxy too.

    `is_guessed`: whether they are async is not sure, because its import or its `class_` cannot be followed.
    `of`: the project's own session class that it makes.
    """

    is_async: bool
    flavour: str = "sqlalchemy"
    is_scoped: bool = False
    call: Call | None = field(default=None, compare=False)
    scope: Scope | None = field(default=None, compare=False)
    is_guessed: bool = field(default=False, compare=False)
    of: Scope | None = field(default=None, compare=False)


@_value
class SessionValue:
    """A session; `is_scoped` when a registry keeps it, `of` the project's own class that it is of.

    `is_guessed`: whether it is async is not sure, because its factory cannot be followed. `registry` is the call that
    makes the registry which keeps it, where that is known.
    """

    is_async: bool
    flavour: str = "sqlalchemy"
    is_scoped: bool = False
    of: Scope | None = field(default=None, compare=False)
    is_guessed: bool = field(default=False, compare=False)
    registry: Call | None = field(default=None, compare=False)

    def overrides(self, method: str) -> bool:
        """Whether the project's own class gives a method another meaning."""
        return self.of is not None and self.of.owner is not None and method in self.of.owner.bindings


@_value
class QueryValue:
    """A query of a sync session that is built and not sent yet; `call` is the one in `scope` that begins it."""

    session: SessionValue
    call: Call = field(compare=False)
    scope: Scope = field(compare=False)

    @property
    def subject(self) -> Expression:
        """The session, in the scope of the call."""
        function = self.call.function
        return function.value if isinstance(function, Attribute) else function


@_value
class TransactionValue:
    """What begin() or begin_nested() of a session gives: entered, it commits or rolls back when it is left."""


@_value
class ManagerValue:
    """A context manager that gives `value`; `function` is the decorated generator that it comes from, if any."""

    value: Value | None
    function: FunctionValue | None = None


@_value
class GeneratorValue:
    """A generator that yields `value`."""

    value: Value | None
    is_async: bool
    function: FunctionValue | None = None


@_value
class CoroutineValue:
    """What an await of it gives."""

    value: Value | None


@_value
class CollectionValue:
    """A tuple, list or dict with what is known of each item; `keys` are those of a dict, None where one is no text."""

    values: tuple[Value | None, ...]
    keys: tuple[str | None, ...]


@_value
class ElementsValue:
    """A container of which only the type of its items is known: `dict[str, Session]`; `by_key` for a mapping."""

    value: Value
    by_key: bool = False


@_value
class VariableValue:
    """A context variable, by what it holds."""

    value: Value


@_value
class ProviderValue:
    """A callable that is known by its type only: `Callable[..., Session]`."""

    value: Value | None


@_value
class MarkerValue:
    """`Depends(target)`; `target` None for a bare one. `scope` is where the call stands."""

    target: Expression | None
    scope: Scope
    call: Call


@_value
class AnnotatedValue:
    """`Annotated[kind, marker]`."""

    kind: Value | None
    marker: MarkerValue | None


Value: TypeAlias = (
    Library
    | LibraryObject
    | ModuleValue
    | FunctionValue
    | ClassValue
    | ObjectValue
    | EngineValue
    | ConnectionValue
    | SessionClass
    | FactoryValue
    | SessionValue
    | QueryValue
    | TransactionValue
    | ManagerValue
    | GeneratorValue
    | CoroutineValue
    | CollectionValue
    | ElementsValue
    | VariableValue
    | ProviderValue
    | MarkerValue
    | AnnotatedValue
)
