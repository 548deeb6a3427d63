"""I/O of sync sessions in async functions, done there or in a plain function that they call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.effects import Effect
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Declared, Function, Parameter
from fastapi_session_lint.model.walk import all_expressions
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    ObjectValue,
    Scope,
    SessionValue,
    Value,
)
from fastapi_session_lint.questions.first_io import FirstIo, Trail
from fastapi_session_lint.questions.same_session import Key, SessionKeys, Told
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_BASES = 8
_HELD = 2
"""How many objects deep a session may be kept by an object of an object."""


class BlockingCall(NamedTuple):
    """Where an async function waits for the database without awaiting.

    `name` is the session, `text` what is done. `trail` leads to the I/O of a helper, and is empty for I/O in place.
    """

    place: int
    name: str
    text: str
    trail: tuple[Note, ...] = ()
    from_plain_dependency: bool = False


class _Reached(NamedTuple):
    """A session that a called function gets at: its name, what tells it from others, and what is done to it."""

    name: str
    key: Key
    function: FunctionValue | None
    attribute: str | None = None
    argument: Effect | None = None


class Blocking:
    """The questions about blocked event loops."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._first_io = FirstIo(context)
        self._keys = SessionKeys(context)
        self._calls: dict[int, tuple[BlockingCall, ...]] = {}
        self._kept: dict[int, tuple[str, ...]] = {}

    def calls(self, scope: Scope) -> tuple[BlockingCall, ...]:
        """The first I/O on each sync session in an async function that serves: done there, or by a plain helper."""
        if id(scope) not in self._calls:
            self._calls[id(scope)] = tuple(self._find(scope)) if self._serves(scope) else ()
        return self._calls[id(scope)]

    def _serves(self, scope: Scope) -> bool:
        context = self._context
        if not context.is_async_function(scope) or context.is_test(scope):
            return False
        return not context.framework.runs_at_startup(scope)

    def _find(self, scope: Scope) -> Iterator[BlockingCall]:
        told = Told()
        awaited = self._awaited(scope)
        sent = {one.place: one for one in self._context.queries.sent(scope)}
        for call in self._in_order(scope):
            if id(call) in awaited:
                continue
            if call.place in sent and sent[call.place].name is not None:
        return

    def _in_order(self, scope: Scope) -> list[Call]:
        """The calls of a function as they begin; in a chain the first call is then the first to run."""
        return sorted(calls_of(scope), key=lambda call: self._context.span(scope, call.place).end)
