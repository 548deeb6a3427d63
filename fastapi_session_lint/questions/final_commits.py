"""Commits in a `finally`, which run with an error on its way as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.other_calls import is_quiet
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Call, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Do, Function, If, Suite, Try, With
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.values import Library, Scope
from fastapi_session_lint.questions.followed import lives
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_WORKED = frozenset({Status.BUSY, Status.DIRTY, Status.GONE})
"""What a session is in that may have something to store; after a rollback there is nothing."""
_IDLE = frozenset({Action.FLUSH, Action.CLOSE, Action.LOCAL})
"""What is no work of the finally's own."""


class FinalCommits:
    """The question "does an error store what was done before it"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found: dict[int, tuple[tuple[int, str], ...]] = {}

    def of(self, scope: Scope) -> tuple[tuple[int, str], ...]:
        """The commits of a function that run although its work has failed: (place, the session's name).

        A finally that does some work first, such as marking a job as over, commits that on purpose.
        """
        if id(scope) not in self._found:
            self._found[id(scope)] = () if self._context.is_test(scope) else tuple(self._find(scope))
        return self._found[id(scope)]

    def places(self, scope: Scope) -> frozenset[int]:
        """The places of these commits."""
        return frozenset(place for place, _ in self.of(scope))

    def _find(self, scope: Scope) -> Iterator[tuple[int, str]]:
        within = scope.statements if isinstance(scope.owner, Function) else ()
        suites = [one.finalbody for one in within if isinstance(one, Try) and one.finalbody]
        seen = set[int]()
        for name, _, life in lives(self._context, scope) if suites else ():
            for place in self._of_life(life, suites):
                if place not in seen:
                    seen.add(place)
                    yield place, name

    def _of_life(self, life: Life, suites: list[Suite]) -> Iterator[int]:
        if not life.complete or self._is_borrowed(life) or not self._works(life):
            return
        failing = {
            moment.use.place
            for moment in life.moments
            if moment.use.action is Action.COMMIT
            and moment.before.error is not None
            and moment.before.status in _WORKED
        }
        for suite in suites if failing else ():
            place = self._first_commit(life, suite)
            if place in failing:
                yield place

    def _is_borrowed(self, life: Life) -> bool:
        """Whether the session is on somebody else's connection, whose transaction its commit leaves open."""
        return isinstance(life.origin, Call) and self._context.is_borrowed(life.origin, life.scope)

    def _works(self, life: Life) -> bool:
        """Whether a function may do more with a session than to read."""
        if any(True for _ in life.uses(UseKind.KEEP)) or life.yield_places:
            return True
        writing = self._context.writing
        return any(writing.may_store(use, life.scope) for use in life.uses(UseKind.ACT, UseKind.PASS))

    def _first_commit(self, life: Life, suite: Suite) -> int | None:
        """The commit that a suite begins with, but for tests of the session and logging."""
        for statement in suite:
            match statement:
                case If(test, body, _, _) if self._asks_for_session(life, test):
                    if (found := self._first_commit(life, body)) is not None:
                        return found
                case Try(body, _, _, _, _) | With(_, body, _, _):
                    return self._first_commit(life, body)
                case Do(value, _):
                    for call in _calls(value):
                        action = _action(life, call)
                        if action is Action.COMMIT:
                            return call.place
                        if action not in _IDLE and not self._is_quiet(life, call):
                            return None
                case _:
                    return None
        return None

    def _asks_for_session(self, life: Life, test: Expression) -> bool:
        """Whether a test is about nothing but the session: `if db is not None`, `if db.is_active`."""
        names = {one.id for one in subexpressions(test) if isinstance(one, Name)}
        known = {name.partition(">")[0].partition(".")[0] for point in life.links for name in point.state.names}
        return bool(names) and names <= known

    def _is_quiet(self, life: Life, call: Call) -> bool:
        function = self._context.value(call.function, life.scope)
        name = function.name if isinstance(function, Library) else dotted(call.function) or ""
        return is_quiet(self._context.roles, life.scope, call, name)


def _calls(value: Expression) -> list[Call]:
    return [one for one in subexpressions(value) if isinstance(one, Call)]


def _action(life: Life, call: Call) -> Action | None:
    """What a call does to the session, where it is a method of it."""
    return next((use.action for use in life.uses(UseKind.ACT) if use.place == call.place), None)
