"""The first place at which a plain function that is given a session talks to the database, and the calls on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Attribute, Call
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import Library, LibraryObject, Scope
from fastapi_session_lint.vocabulary import IO_ACTIONS

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

Trail = tuple[Note, ...]
_DEPTH = 14


class _Step(NamedTuple):
    """One thing that a function does: where, in words, and what the function that it calls does to the session."""

    place: int
    text: str
    effect: Effect | None = None


class FirstIo:
    """The answer to "where does it wait for the database"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._memo: dict[tuple[int, frozenset[str]], Trail | None] = {}

    def of(self, effect: Effect | None, depth: int = 0) -> Trail | None:
        """The calls that lead from a function to its first I/O, that one last; None where it does none in place."""
        if effect is None or effect.io is None or depth > _DEPTH:
            return None
        if effect.source is None:
            return (effect.io,)
        scope, names = effect.source
        key = (id(scope), names)
        if key not in self._memo:
            self._memo[key] = None  # for those who come back here: they do nothing that was not done before
            self._memo[key] = self._find(scope, names, depth)
        return self._memo[key]

    def _find(self, scope: Scope, names: frozenset[str], depth: int) -> Trail | None:
        for step in sorted(self._steps(scope, names), key=lambda one: self._context.span(scope, one.place).end):
            note = self._context.note(scope, step.place, step.text)
            if step.effect is None:
                return (note,)
            if (inner := self.of(step.effect, depth + 1)) is not None:
                return (note, *inner)
        return None

    def _steps(self, scope: Scope, names: frozenset[str]) -> Iterator[_Step]:
        calls = {call.place: call for call in calls_of(scope) if call.place != NOWHERE}
        for use in self._context.life_of_names(scope, names).uses(UseKind.ACT, UseKind.PASS):
            call = calls.get(use.place)
            if use.place != NOWHERE and (call is None or not self._is_later(use, call, scope)):
                if use.kind is UseKind.PASS:
                    yield from (_Step(use.place, f"`{use.name}()` is called here", one) for one in (use.effect,) if one)
                elif use.action in IO_ACTIONS:
                    done = f"`{use.name}()` talks to the database here" if use.name else "the database is used here"
                    yield _Step(use.place, done)
        for sent in self._context.queries.sent(scope):
            if sent.name in names:
                yield _Step(sent.place, f"`{sent.text}` talks to the database here")

    def _is_later(self, use: Use, call: Call, scope: Scope) -> bool:
        """Whether a call only makes what will talk to the database, or has another thread do it."""
        queries = self._context.queries
        if use.kind is UseKind.PASS:
            return queries.is_never_run(call, scope) or self._is_offloaded(call, scope)
        return queries.is_built_only(call, scope) or self._is_offloaded(call, scope)

    def _is_offloaded(self, call: Call, scope: Scope) -> bool:
        value = self._context.value(call.function, scope)
        if isinstance(value, Library | LibraryObject) and value.name in vocabulary.OFFLOADERS:
            return True
        method = call.function.name if isinstance(call.function, Attribute) else ""
        return value is None and method in vocabulary.OFFLOADING_METHODS
