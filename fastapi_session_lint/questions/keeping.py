"""Where the result of a call goes: out of sight when its function ends, or to what outlives it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Choice,
    Collection,
    Expression,
    Logic,
    Name,
    Subscript,
    Walrus,
)
from fastapi_session_lint.model.syntax import Assign, Assigned, Function, Parameter, Return, Statement, With
from fastapi_session_lint.model.walk import statements, subexpressions
from fastapi_session_lint.project.values import (
    ClassValue,
    FactoryValue,
    FunctionValue,
    Library,
    LibraryObject,
    Scope,
    SessionClass,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_ROUNDS = 4
"""How many names a result may be handed through before it counts as followed."""


class Keeping:
    """The questions about the result of one call in one function."""

    def __init__(self, context: Context, call: Call, scope: Scope) -> None:
        """`scope` is that of the function in whose body the call stands."""
        assert isinstance(scope.owner, Function)
        self._context = context
        self._scope = scope
        self.call = call
        self.function = scope.owner
        self.holders: frozenset[str] = frozenset()
        self.holders = self._holding_names()

    def is_kept(self) -> bool:
        """Whether the result is put where it outlives this run of the function."""
        return any(self._keeps(one) for one in statements(self.function.body)) or any(
            self._takes(one) for one in self.function.calls
        )

    def is_seen_elsewhere(self) -> bool:
        """Whether anybody but this run of the function gets at the result: it is kept, given back, or captured."""
        returned = [one.value for one in statements(self.function.body) if isinstance(one, Return)]
        given_back = [*returned, *(one.value for one in self.function.yields)]
        inner = (one for found in self.function.bindings.values() for one in found if isinstance(one, Function))
        captured = {name for one in (*inner, *self.function.lambdas) for name in one.reads}
        return (
            self.is_kept()
            or self._is_stored()
            or any(one is not None and self.holds(one) for one in given_back)
            or not captured.isdisjoint(self.holders)
        )

    def _is_stored(self) -> bool:
        """Whether the result becomes an attribute or an item of anything, of the object that is being made as well."""
        return any(
            isinstance(one, Assign) and self.holds(one.value) and not all(isinstance(at, Name) for at in one.targets)
            for one in statements(self.function.body)
        )

    def _is_initializer(self) -> bool:
        return self._scope.enclosing_class is not None and self.function.name in vocabulary.INITIALIZERS

    def _holding_names(self) -> frozenset[str]:
        """The local names that have the result, or something that has it in turn."""
        for _ in range(_ROUNDS):
            found = frozenset(name for name, value in self._named() if self.holds(value))
            if found == self.holders:
                break
            self.holders = found
        return self.holders

    def _named(self) -> Iterator[tuple[str, Expression]]:
        for one in statements(self.function.body):
            match one:
                case Assign(targets, value, _):
                    for target in targets:
                        for part in target.items if isinstance(target, Collection) else (target,):
                            if isinstance(part, Name):
                                yield part.id, value
                case With(items, _, _, _):
                    for item in items:
                        if isinstance(item.target, Name):
                            yield item.target.id, item.context

    def holds(self, value: Expression) -> bool:
        """Whether a value is the result, or has it."""
        match value:
            case Call() if value is self.call:
                return True
            case Name(name):
                return name in self.holders
            case Await(inner, _) | Walrus(_, inner):
                return self.holds(inner)
            case Choice(_, left, right) | Logic(_, left, right):
                return self.holds(left) or self.holds(right)
            case Collection(_, items):
                return any(self.holds(one) for one in items)
            case Call(function, arguments, _):
                holds = any(self.holds(one.value) for one in arguments)
                return holds and isinstance(
                    self._context.value(function, self._scope), Library | ClassValue | SessionClass | FactoryValue
                )
        return False

    def _keeps(self, statement: Statement) -> bool:
        if not isinstance(statement, Assign) or not self.holds(statement.value):
            return False
        for target in statement.targets:
            for one in target.items if isinstance(target, Collection) else (target,):
                match one:
                    case Subscript():
                        return True
                    case Name(name) if name in self.function.outer_names:
                        return True
                    case Attribute(owner, _) if not self._ends_with_the_run(owner):
                        return True
        return False

    def _ends_with_the_run(self, owner: Expression) -> bool:
        """Whether an object lives no longer than the function: a request's state, the object that is being made."""
        match owner:
            case Name(name) if is_receiver(name, self._scope):
                return self._is_initializer()
            case Name(name):
                return name in self.holders or self._is_made_object(name)
            case Attribute(request, "state"):
                value = self._context.value(request, self._scope)
                return isinstance(value, LibraryObject) and value.name in vocabulary.REQUESTS
        return False

    def _is_made_object(self, name: str) -> bool:
        definitions = self.function.bindings.get(name, ())
        return bool(definitions) and all(
            isinstance(one, Assigned)
            and isinstance(one.value, Call)
            and isinstance(self._context.value(one.value.function, self._scope), ClassValue)
            for one in definitions
        )

    def _takes(self, call: Call) -> bool:
        """Whether a call may keep the result that it is given."""
        if not any(self.holds(one.value) for one in call.arguments):
            return False
        match self._context.value(call.function, self._scope):
            case Library() | SessionClass() | FactoryValue() | ClassValue():
                return False
            case LibraryObject(name):
                return name not in vocabulary.LOGGER_OBJECTS and not _only_uses(call)
            case FunctionValue(scope):
                assert isinstance(scope.owner, Function)
                return bool(scope.owner.stores or scope.owner.outer_names)
        return not _only_uses(call)


def _only_uses(call: Call) -> bool:
    """Whether a method reads from an engine and lets it go."""
    match call.function:
        case Attribute(_, name):
            return name in vocabulary.ENGINE_USERS or name in vocabulary.LOG_METHODS
        case Name(name):
            return name in vocabulary.QUIET_CALLS
    return False


def is_receiver(name: str, scope: Scope) -> bool:
    """Whether a name is what a method calls its own object."""
    owner = scope.owner
    first = owner.parameters[:1] if isinstance(owner, Function) else ()
    return scope.enclosing_class is not None and bool(first) and first[0].name == name


def varies(expression: Expression, scope: Scope, depth: int = 0) -> bool:
    """Whether an expression depends on what its function is given."""
    owner = scope.owner
    if not isinstance(owner, Function) or depth > _ROUNDS:
        return False
    for part in subexpressions(expression):
        if not isinstance(part, Name) or is_receiver(part.id, scope):
            continue
        for one in owner.bindings.get(part.id, ()):
            if isinstance(one, Parameter) or (isinstance(one, Assigned) and varies(one.value, scope, depth + 1)):
                return True
    return False
