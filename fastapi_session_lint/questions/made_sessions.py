"""The sessions that a function has to itself: those it makes, and those that what it enters makes for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.model.expressions import Call
from fastapi_session_lint.model.syntax import Function, With
from fastapi_session_lint.project.values import FunctionValue, Library, ManagerValue, Scope, SessionValue

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def made_sessions(context: Context, scope: Scope) -> Iterator[tuple[Call, Life]]:
    """The calls of a function that make a session, or give one when they are entered, each with its life."""
    for creation in context.creations(scope):
        yield creation.call, context.life(creation)
    enters_any = isinstance(scope.owner, Function) and context.contents.has_any(_WITH, scope)
    for statement in scope.statements if enters_any else ():
        for item in statement.items if isinstance(statement, With) else ():
            match item.context, context.value(item.context, scope):
                case Call() as call, ManagerValue(SessionValue(), maker) if (
                    not _borrows(context, call, scope) if maker is None else _makes(context, maker)
                ):
                    yield call, context.effects.life(scope, call, frozenset(), Status.ABSENT)


def _makes(context: Context, manager: FunctionValue) -> bool:
    """Whether a context manager makes the session that it gives."""
    return any(context.life(one).yield_places for one in context.creations(manager.scope))


def _borrows(context: Context, call: Call, scope: Scope) -> bool:
    """Whether a context manager gives the session that it is given, and leaves it to whoever has it."""
    function = context.value(call.function, scope)
    return isinstance(function, Library) and function.name in vocabulary.BORROWING


_WITH = frozenset({With})
