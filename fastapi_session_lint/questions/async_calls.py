"""Methods of async sessions that are called as if the session were another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, dotted
from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import Scope, SessionValue

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class SessionCall(NamedTuple):
    """A call of a session's method, the session by its text."""

    call: Call
    name: str
    method: str
    session: SessionValue


class AsyncCalls:
    """The questions about methods that a session does not have, or that a plain function cannot await."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def in_sync_function(self, scope: Scope) -> Iterator[SessionCall]:
        """The coroutine calls of async sessions in a plain function, unless it returns them to somebody who awaits.

        FastAPI awaits `async def` only, so what a plain route or dependency returns stays a coroutine.
        """
        if not isinstance(scope.owner, Function) or scope.owner.is_async:
            return
        if not self._context.contents.calls_any(vocabulary.COROUTINE_METHODS, scope):
            return
        framework = self._context.framework
        caller_awaits = not framework.is_route(scope) and not framework.is_dependency(scope)
        for call, name, method in self._context.awaiting.dropped(scope, caller_awaits):
            assert isinstance(call.function, Attribute)
            session = self._context.evidence.session(call.function.value, scope)
            if session is not None and not self._lacks(method, session):
                yield SessionCall(call, name, method, session)

    def _lacks(self, method: str, session: SessionValue) -> bool:
        """Whether the call fails before it could give a coroutine."""
        return method == "exec" and session.flavour == "sqlalchemy"

    def queries(self, scope: Scope) -> Iterator[SessionCall]:
        """The calls of an AsyncSession's `query`, which it does not have."""
        for call, owner in self._calls(scope, _QUERY):
            session = self._context.evidence.session(owner.value, scope)
            if session is not None and session.is_async and not session.overrides("query"):
                yield SessionCall(call, dotted(owner.value) or "session", "query", session)

    def execs(self, scope: Scope) -> Iterator[SessionCall]:
        """The calls of `exec` on SQLAlchemy's own sessions, which do not have it."""
        for call, owner in self._calls(scope, _EXEC):
            session = self._context.evidence.session_of_flavour(owner.value, scope)
            if session is not None and session.flavour == "sqlalchemy" and not session.overrides("exec"):
                yield SessionCall(call, dotted(owner.value) or "session", "exec", session)

    def _calls(self, scope: Scope, methods: frozenset[str]) -> Iterator[tuple[Call, Attribute]]:
        for call in calls_of(scope) if self._context.contents.calls_any(methods, scope) else ():
            if isinstance(call.function, Attribute) and call.function.name in methods:
                yield call, call.function


_QUERY = frozenset({"query"})
_EXEC = frozenset({"exec"})
