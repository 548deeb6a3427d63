"""What surely changes rows: new objects that are added, deletions, statements that insert, update or delete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Name,
    Template,
    dotted,
)
from fastapi_session_lint.model.syntax import Assigned, Definition, Function
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import ClassValue, Library, Scope
from fastapi_session_lint.questions.order import is_always_met
from fastapi_session_lint.questions.settled import Settled
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_DEPTH = 6


class _Kind(NamedTuple):
    """A kind of statements: how their text begins, and the functions and methods that make them."""

    text: re.Pattern[str]
    makers: frozenset[str]


_WRITES = _Kind(re.compile(r"\s*(insert|update|delete)\s", re.IGNORECASE), vocabulary.WRITING_STATEMENTS)
_READS = _Kind(re.compile(r"\s*(select|with|show|pragma|explain)\b", re.IGNORECASE), vocabulary.READING_STATEMENTS)
_ENDS = _Kind(
    re.compile(
        r"\s*(call|create|alter|drop|truncate|rename|vacuum|begin|start|commit|rollback|savepoint|release)\b",
        re.IGNORECASE,
    ),
    frozenset(),
)
"""What ends a transaction, on MySQL also what changes the schema, or has one of its own."""


class Writing:
    """The question "does this write"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._writing = Settled()
        self._storing = Settled()

    def is_write(self, use: Use, scope: Scope, is_flushed: bool = False) -> bool:
        """Whether a use of a session in a function surely writes; adding an object that may be stored already is not.

        So a session gets hold of objects that another one has loaded; nobody flushes that (`is_flushed`).
        """
        if use.kind is UseKind.PASS:
            return use.effect is not None and self._writes_within(use.effect)
        if use.kind is not UseKind.ACT:
            return False
        if use.name in vocabulary.BULK_METHODS or use.name in vocabulary.DELETING_METHODS:
            return True
        is_attached = use.name in vocabulary.ATTACHING_METHODS
        if is_flushed and (is_attached or use.action is Action.FLUSH):
            return True
        call = next((one for one in calls_of(scope) if one.place == use.place), None)
        if call is None or not (is_attached or use.action is Action.EXECUTE) or not call.arguments:
            return False
        if is_attached:
            return self._is_new(call.arguments[0].value, scope)
        return self.is_writing_statement(argument(call, vocabulary.STATEMENT_PARAMETER, 0), scope)

    def _writes_within(self, effect: Effect) -> bool:
        """Whether a function that is given a session writes by it, on every way through it."""
        if effect.source is None:
            return False
        scope, names = effect.source
        return self._writing.answer((id(scope), names), lambda: self._always_writes(scope, names))

    def _always_writes(self, scope: Scope, names: frozenset[str]) -> bool:
        life = self._context.life_of_names(scope, names)
        nodes = self._writing_nodes(life) if life.complete else set()
        return bool(nodes) and is_always_met(life.graph, nodes)

    def _writing_nodes(self, life: Life) -> set[int]:
        is_flushed = self.is_flushed(life)
        return {one.point.node for one in life.moments if self.is_write(one.use, life.scope, is_flushed)}

    def is_flushed(self, life: Life) -> bool:
        """Whether a function flushes a session by itself, which is to say that there is something to write."""
        return any(True for _ in life.acts(Action.FLUSH))

    # --- objects ---

    def _is_new(self, expression: Expression, scope: Scope) -> bool:
        """Whether an object, or what a list consists of, is made in the function, or changed there."""
        if isinstance(expression, Name):
            is_new = _is_changed(expression.id, scope) or self._is_name_of_new(expression, scope)
            return is_new and _times_attached(expression.id, scope) == 1  # the first time may have stored it
        return self._is_made(expression, scope)

    def _is_made(self, expression: Expression, scope: Scope) -> bool:
        match expression:
            case Call(Attribute(owner, method), _, _) if method in vocabulary.MODEL_CONSTRUCTORS:
                return self._is_class(owner, scope)
            case Call(function, _, _):
                return self._is_class(function, scope)
            case Collection(_, items):
                return any(self._is_made(one, scope) or self._is_name_of_new(one, scope) for one in items)
            case Comprehension(_, elements, _):
                return any(self._is_made(one, scope) for one in elements)
        return False

    def _is_class(self, expression: Expression, scope: Scope) -> bool:
        """Whether an expression stands for a class of the project, lowered or not."""
        value = self._context.value(expression, scope)
        if value is None:
            skipped = self._context.framework.startup.skipped_definition(expression, scope)
            return skipped is not None and skipped.is_class
        return isinstance(value, ClassValue)

    def _is_name_of_new(self, expression: Expression, scope: Scope) -> bool:
        """Whether a name of a function may be bound to a new object there."""
        if not isinstance(expression, Name) or not isinstance(scope.owner, Function):
            return False
        bindings = self._context.names.bindings(scope).get(expression.id, ())
        return any(self._is_made(one.value, scope) for one in bindings if _is_assignment(one))

    # --- statements ---

    def is_writing_statement(self, expression: Expression | None, scope: Scope) -> bool:
        """Whether a statement inserts, updates or deletes: by what its chain of methods begins with, or by its text."""
        return self._is_of_kind(_WRITES, expression, scope)

    def may_write(self, use: Use, scope: Scope) -> bool:
        """Whether a statement that a session executes is not known to read only."""
        return use.action is Action.EXECUTE and not self._is_of_kind(_READS, self._statement(use, scope), scope)

    def may_store(self, use: Use, scope: Scope) -> bool:
        """Whether a use may leave something to a commit: all but what is known to read only, here and in callees."""
        if use.kind is not UseKind.PASS:
            return use.action in (Action.WRITE, Action.FLUSH) or self.may_write(use, scope)
        effect = use.effect
        if effect is None or effect.writes or effect.flushes:
            return True
        return effect.io is not None and self._may_store_within(effect)

    def _may_store_within(self, effect: Effect) -> bool:
        if effect.source is None:
            return True
        scope, names = effect.source
        return self._storing.answer((id(scope), names), lambda: self._may_ever_store(scope, names))

    def _may_ever_store(self, scope: Scope, names: frozenset[str]) -> bool:
        life = self._context.life_of_names(scope, names)
        uses = life.uses(UseKind.ACT, UseKind.PASS)
        return not life.complete or any(self.may_store(one, scope) for one in uses)

    def ends_transaction(self, use: Use, scope: Scope) -> bool:
        """Whether a statement may end the transaction, as COMMIT does, and on MySQL whatever changes the schema."""
        return use.action is Action.EXECUTE and self._is_of_kind(_ENDS, self._statement(use, scope), scope)

    def _statement(self, use: Use, scope: Scope) -> Expression | None:
        call = next((one for one in calls_of(scope) if one.place == use.place), None)
        return argument(call, vocabulary.STATEMENT_PARAMETER, 0) if call is not None else None

    def _is_of_kind(self, kind: _Kind, expression: Expression | None, scope: Scope, depth: int = 0) -> bool:
        match expression:
            case None:
                return False
            case Await(value, _):
                return self._is_of_kind(kind, value, scope, depth)
            case Constant("text", str(text), _):
                return bool(kind.text.match(text))
            case Template(parts, _) if parts:
                return self._is_of_kind(kind, parts[0], scope, depth)
            case Name() if depth < _DEPTH:
                values = list(self._values(expression, scope))
                return bool(values) and all(self._is_of_kind(kind, one, at, depth + 1) for one, at in values)
            case Call(function, arguments, _):
                return self._is_call_of_kind(kind, function, arguments[0].value if arguments else None, scope, depth)
        return False

    def _is_call_of_kind(
        self, kind: _Kind, function: Expression, first: Expression | None, scope: Scope, depth: int
    ) -> bool:
        value = self._context.value(function, scope)
        if isinstance(value, Library) and value.name in vocabulary.TEXTS:
            return self._is_of_kind(kind, first, scope, depth + 1)
        if isinstance(value, Library) and value.name.rpartition(".")[2] in kind.makers:
            return value.name.startswith(vocabulary.STATEMENT_MODULES)
        match function:
            case Attribute(Attribute(_, "__table__"), method):
                return method in kind.makers
            case Attribute(owner, _) if depth < _DEPTH:
                return isinstance(owner, Call | Name) and self._is_of_kind(kind, owner, scope, depth)
        return False

    def _values(self, name: Name, scope: Scope) -> Iterator[tuple[Expression, Scope]]:
        """What a name stands for, without the assignments that go on from what it was."""
        found = self._context.names.resolve(name.id, scope)
        definitions, home = found or ((), scope)
        for one in definitions:
            if _is_assignment(one):
                if _beginning(one.value) != name.id:
                    yield one.value, home
            else:
                yield name, home


def _beginning(expression: Expression) -> str | None:
    """The name that a chain of calls and attributes begins with."""
    while isinstance(expression, Call | Attribute):
        expression = expression.function if isinstance(expression, Call) else expression.value
    return expression.id if isinstance(expression, Name) else None


def _is_assignment(definition: Definition) -> TypeGuard[Assigned]:
    """Whether a name is bound by a plain `name = value`."""
    return isinstance(definition, Assigned) and definition.via == "=" and definition.position is None


def _times_attached(name: str, scope: Scope) -> int:
    """How often a function puts what a name stands for into a session."""
    return sum(
        isinstance(call.function, Attribute)
        and call.function.name in vocabulary.ATTACHING_METHODS
        and any(dotted(part) == name for one in call.arguments for part in subexpressions(one.value))
        for call in calls_of(scope)
    )


def _is_changed(name: str, scope: Scope) -> bool:
    """Whether a function sets an attribute of what a name stands for."""
    stores = scope.owner.stores if isinstance(scope.owner, Function) else ()
    return any(isinstance(one.target, Attribute) and dotted(one.target.value) == name for one in stores)
