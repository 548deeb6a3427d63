"""What `with` and `async with` enter, where it is not what they can enter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, dotted, last_name
from fastapi_session_lint.model.syntax import With
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    EngineValue,
    FactoryValue,
    LibraryObject,
    ManagerValue,
    Scope,
    SessionClass,
    SessionValue,
    TransactionValue,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class WrongEntry(NamedTuple):
    """A `with` that raises: its place, the text of what it enters, and which form that needs.

    `needs_async` is None where it can be entered in neither form, because it has to be called first. `is_alone` says
    that the statement enters nothing else, and may be turned into the other form. `forms` are the plain and the async
    form: `with` and `async with`, or the methods of an exit stack.
    """

    place: int
    name: str
    needs_async: bool | None
    is_alone: bool
    forms: tuple[str, str] = ("with", "async with")


class Managers:
    """The questions about what is entered."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def wrong(self, scope: Scope) -> Iterator[WrongEntry]:
        """The `with` statements over sessions, factories and engines of the other kind, one finding for each."""
        for statement in scope.statements if self._context.contents.has_any(_WITH, scope) else ():
            if not isinstance(statement, With):
                continue
            for item in statement.items:
                if self._is_uncalled(item.context, scope):
                    yield WrongEntry(statement.place, _text(item.context), None, False)
                    break
                needs_async = self._needs_async(item.context, scope)
                if needs_async is not None and needs_async != statement.is_async:
                    yield WrongEntry(statement.place, _text(item.context), needs_async, len(statement.items) == 1)
                    break

        yield from self._wrong_on_stacks(scope)

    def _wrong_on_stacks(self, scope: Scope) -> Iterator[WrongEntry]:
        """The same of what an exit stack is given to enter."""
        for call in calls_of(scope) if self._context.contents.calls_any(frozenset(_STACK_FORMS), scope) else ():
            if not isinstance(call.function, Attribute) or call.function.name not in _STACK_FORMS:
                continue
            stack, entered = self._context.value(call.function.value, scope), argument(call, "cm", 0)
            if entered is None or not isinstance(stack, LibraryObject) or stack.name not in vocabulary.EXIT_STACKS:
                continue
            is_uncalled = self._is_uncalled(entered, scope)
            needs_async = None if is_uncalled else self._needs_async(entered, scope)
            is_async = call.function.name == vocabulary.STACK_ENTER_ASYNC
            if is_uncalled or needs_async not in (None, is_async):
                yield WrongEntry(call.place, _text(entered), needs_async, False, _STACK_FORMS)

    def _is_uncalled(self, expression: Expression, scope: Scope) -> bool:
        """Whether a factory or session class itself is entered, instead of the session that a call of it makes."""
        value = self._context.value(expression, scope)
        if isinstance(value, FactoryValue):
            return value.call is not None
        return isinstance(value, SessionClass) and value.of is None

    def _needs_async(self, expression: Expression, scope: Scope) -> bool | None:
        """Whether a manager can be entered by `async with` alone; None where it is not known."""
        value = self._context.value(expression, scope)
        match value:
            case SessionValue() if not self._is_own_manager(value):
                return self._is_async(expression, scope)
            case TransactionValue() | ManagerValue(_, None):
                return self._begun(expression, scope)
            case ManagerValue(SessionValue(), function) if function is not None:
                return function.function.is_async
        return None

    def _is_async(self, session: Expression, scope: Scope) -> bool | None:
        known = self._context.evidence.undisputed_session(session, scope)  # the form of the with speaks against it
        return known.is_async if known is not None else None

    def _is_own_manager(self, session: SessionValue) -> bool:
        """Whether the project's own session class says itself how it is entered."""
        return any(session.overrides(name) for name in vocabulary.ENTER_METHODS)

    def _begun(self, expression: Expression, scope: Scope) -> bool | None:
        """`begin()` and the like of a session, a factory or an engine."""
        if not isinstance(expression, Call) or not isinstance(expression.function, Attribute):
            return None
        match self._context.value(expression.function.value, scope):
            case SessionValue() as session if not session.overrides(expression.function.name):
                return self._is_async(expression.function.value, scope)
            case FactoryValue() as factory:
                return None if factory.is_guessed else factory.is_async
            case EngineValue() as engine if expression.function.name in vocabulary.ENGINE_METHODS:
                return engine.is_async if self._context.evidence.undisputed_engine(engine) else None
        return None


def _text(expression: Expression) -> str:
    match expression:
        case Await(value, _):
            return _text(value)
        case Call(function, _, _):
            return f"{dotted(function) or last_name(function) or 'this'}()"
    return dotted(expression) or "this"


_STACK_FORMS = (vocabulary.STACK_ENTER, vocabulary.STACK_ENTER_ASYNC)
_WITH = frozenset({With})
