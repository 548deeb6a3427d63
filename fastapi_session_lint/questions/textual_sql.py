"""Statements that are given as plain strings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Constant, Expression, Name, Template, dotted
from fastapi_session_lint.model.syntax import Assigned
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars
from fastapi_session_lint.project.values import (
    ConnectionValue,
    EngineValue,
    Library,
    LibraryObject,
    Scope,
    SessionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_NAMED_PARAMETER = re.compile(r"(?<![:\w\\]):\w+(?!:)")


class TextualStatement(NamedTuple):
    """A call that is given a string for a statement; `can_be_wrapped` unless its parameters are the driver's own."""

    call: Call
    name: str
    can_be_wrapped: bool


class EngineCall(NamedTuple):
    """A call of a `method` that engines have no more; `is_text` where it is given a string.

    `can_be_moved` where a connection takes the same arguments: the statement is no driver's own, and nothing but
    parameters in one piece comes with it.
    """

    call: Call
    method: str
    is_text: bool
    can_be_moved: bool


class TextualSql:
    """The questions about statements that are strings."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def statements(self, scope: Scope) -> Iterator[TextualStatement]:
        """The calls of sessions and connections that are given a string."""
        for call in calls_of(scope) if self._context.contents.calls_any(vocabulary.STATEMENT_METHODS, scope) else ():
            match call.function:
                case Attribute(receiver, method) if method in vocabulary.STATEMENT_METHODS and not has_stars(call):
                    given = argument(call, vocabulary.STATEMENT_PARAMETER, 0)
                    text = self._text(given, scope) if given is not None else None
                    if text is not None and self._takes_statements(receiver, method, scope):
                        can_be_wrapped = len(call.arguments) == 1 or _has_named(text)
                        yield TextualStatement(call, dotted(call.function) or method, can_be_wrapped)

    def engine_calls(self, scope: Scope) -> Iterator[EngineCall]:
        """The calls of what an engine had before SQLAlchemy 2."""
        if not self._context.contents.calls_any(vocabulary.REMOVED_ENGINE_METHODS, scope):
            return
        for call in calls_of(scope):
            match call.function:
                case Attribute(receiver, method) if method in vocabulary.REMOVED_ENGINE_METHODS:
                    value = self._context.value(receiver, scope)
                    if isinstance(value, EngineValue) and not value.is_async:
                        yield self._engine_call(call, method, scope)

    def _engine_call(self, call: Call, method: str, scope: Scope) -> EngineCall:
        given = [one.value for one in call.arguments if one.name is None]
        if has_stars(call) or len(given) != len(call.arguments) or len(given) not in (1, 2):
            return EngineCall(call, method, False, False)
        text = self._text(given[0], scope)
        if text is None:
            return EngineCall(call, method, False, self._is_construct(given[0], scope))
        return EngineCall(call, method, True, len(given) == 1 or _has_named(text))

    def _is_construct(self, expression: Expression, scope: Scope) -> bool:
        """Whether a statement is made by SQLAlchemy: `select(…)`, `text(…)`, `table.insert().values(…)`."""
        is_call = isinstance(expression, Call)
        while isinstance(expression, Call | Attribute):
            value = self._context.value(expression, scope)
            if isinstance(value, Library | LibraryObject):
                return is_call and value.name.startswith(vocabulary.STATEMENT_MODULES)
            expression = expression.function if isinstance(expression, Call) else expression.value
        value = self._context.value(expression, scope)
        return is_call and isinstance(value, LibraryObject) and value.name.startswith(vocabulary.STATEMENT_MODULES)

    def _takes_statements(self, receiver: Expression, method: str, scope: Scope) -> bool:
        """Whether SQLAlchemy's own method is called, whichever of its values a name has."""
        found = self._context.names.lookup(receiver.id, scope) if isinstance(receiver, Name) else None
        if found is None:
            return _takes_statements(self._context.value(receiver, scope), method)
        values = (self._context.roles.defined(one, found[1]) for one in found[0])
        return all(_takes_statements(value, method) for value in values)

    def _text(self, given: Expression, scope: Scope) -> Expression | None:
        """The string that an argument is, directly or by a name that never is anything else."""
        match given:
            case Constant("text", _, _) | Template():
                return given
            case Call(Attribute(Constant("text", _, _) | Template() as text, "format"), _, _):
                return text
            case Name(name):
                found = self._context.names.resolve(name, scope)
                definitions, home = found or ((), scope)
                texts = [self._written(one, home) for one in definitions]
                return texts[0] if texts and all(one is not None for one in texts) else None
        return None

    def _written(self, definition: object, home: Scope) -> Expression | None:
        """The string that a definition gives to its name; one more name is not followed."""
        match definition:
            case Assigned(value, _, "=", None, _) if not isinstance(value, Name):
                return self._text(value, home)
        return None


def _takes_statements(value: Value | None, method: str) -> bool:
    """Whether SQLAlchemy's own method is called; a class of the project may take strings."""
    if isinstance(value, SessionValue):
        return not value.is_guessed and not value.overrides(method)
    return isinstance(value, ConnectionValue)


def _has_named(text: Expression) -> bool:
    parts = text.parts if isinstance(text, Template) else (text,)
    return any(
        isinstance(one, Constant) and isinstance(one.value, str) and _NAMED_PARAMETER.search(one.value) for one in parts
    )
