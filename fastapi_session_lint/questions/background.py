"""Sessions of a request that its background tasks use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.model.expressions import Call, Expression, Name, last_name
from fastapi_session_lint.model.syntax import Assigned, Function, Parameter
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import FunctionValue, Library, LibraryObject, ObjectValue, Scope
from fastapi_session_lint.questions.held_sessions import HeldSession, HeldSessions
from fastapi_session_lint.questions.launches import called_later
from fastapi_session_lint.questions.same_session import SessionKeys
from fastapi_session_lint.questions.session_users import SessionUse, SessionUsers

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_REQUEST = "request"
"""When a session is closed of which nobody says so: with the request."""


class BackgroundUse(NamedTuple):
    """A session that a background task uses; `is_closed` when the task begins, else open until the task is done."""

    call: Call
    name: str
    is_closed: bool
    trail: tuple[Note, ...]


class Background:
    """The questions about background tasks."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._users = SessionUsers(context)
        self._held = HeldSessions(context)
        self._keys = SessionKeys(context)

    def outlives(self, scope: Scope, name: str) -> bool:
        """Whether a background task that a function starts uses a session of the function: no block can close that."""
        return any(use.root == name for _, work in self._works(scope) for use in self._users.of(work, scope))

    def uses(self, scope: Scope) -> Iterator[BackgroundUse]:
        """For each background task that a function starts, the first session that it uses and does not own."""
        if not isinstance(scope.owner, Function) or self._context.is_test(scope):
            return
        works = list(self._works(scope))
        held = {one.name: one for one in self._held.of(scope)} if works else {}
        for call, work in works:
            found = (self._use(call, use, held, scope) for use in self._users.of(work, scope))
            yield from [one for one in [next((one for one in found if one is not None), None)] if one is not None]

    def _works(self, scope: Scope) -> Iterator[tuple[Call, Call]]:
        """The calls that start a background task, each with the call that the task makes."""
        for call in calls_of(scope) if self._context.contents.calls_any(vocabulary.BACKGROUND_STARTERS, scope) else ():
            if (work := self._work(call, scope)) is not None:
                yield call, work

    def _work(self, call: Call, scope: Scope) -> Call | None:
        """The call that a background task makes; None where a call starts no such task."""
        value = self._context.value(call.function, scope)
        if not isinstance(value, Library | LibraryObject) or value.name not in vocabulary.BACKGROUND_STARTERS:
            return None
        function = argument(call, "func", 0)
        if function is None:
            return None
        given = tuple(one for one in call.arguments if one.value is not function)
        return called_later(self._meant(function, scope), given, call.place)

    def _meant(self, function: Expression, scope: Scope) -> Expression:
        """The partial that a name stands for."""
        bound = self._context.names.bindings(scope).get(function.id, ()) if isinstance(function, Name) else ()
        match bound:
            case (Assigned(Call(maker) as made, _, "=", None),) if last_name(maker) == "partial":
                return made
        return function

    def _use(self, call: Call, use: SessionUse, held: dict[str, HeldSession], scope: Scope) -> BackgroundUse | None:
        is_closed = self._is_closed(use, held, scope)
        if is_closed is None or (is_closed and use.effect is not None and use.effect.closes):
            return None  # what opens it again closes it again
        io = use.effect.io if use.effect is not None else None
        return BackgroundUse(call, use.name, is_closed, (io,) if io is not None else ())

    def _is_closed(self, use: SessionUse, held: dict[str, HeldSession], scope: Scope) -> bool | None:
        """Whether a session is closed before a background task begins; None where nobody but the task ends it."""
        if use.name in held:
            return self._held.is_closed_early(held[use.name].ends, scope)
        bound = self._context.names.bindings(scope).get(use.root, ())
        if any(isinstance(one, Assigned) for one in bound):
            return True if self._ends_here(use, scope) else None
        given = next((one for one in bound if isinstance(one, Parameter)), None)
        if given is None or self._is_given_otherwise(given, use, scope):
            return None
        return self._held.is_closed_early(_REQUEST, scope)

    def _ends_here(self, use: SessionUse, scope: Scope) -> bool:
        """Whether the function itself has made the session, and closes it."""
        if "." in use.name or self._context.is_generator(scope):
            return False
        return any(life.is_made and life.is_closed_somewhere for life in self._context.lives_of_name(scope, use.name))

    def _is_given_otherwise(self, parameter: Parameter, use: SessionUse, scope: Scope) -> bool:
        """Whether the session is made by an object, or given by a dependency of which is not known that it ends it."""
        value = self._context.value(Name(use.root), scope) if "." in use.name else None
        if isinstance(value, ObjectValue) and not self._keys.is_given(value.of, use.name.partition(".")[2]):
            return True
        marker = self._context.roles.marker(parameter, scope)
        if marker is None:
            return False
        target = self._context.roles.dependency(marker, parameter, scope)
        return "." in use.name or (isinstance(target, FunctionValue) and not target.function.is_generator)
