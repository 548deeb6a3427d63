"""Sessions that are held, or already closed, while a response is sent piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING
from fastapi_session_lint.flow.steps import Leave
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Comprehension, Expression, Name, Yield
from fastapi_session_lint.model.syntax import Assigned, Function, Return
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    GeneratorValue,
    Library,
    LibraryObject,
    Scope,
    Value,
)
from fastapi_session_lint.questions.held_sessions import HeldSession, HeldSessions
from fastapi_session_lint.questions.session_users import SessionUsers

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_BASES = 8
_HELPERS = 3
"""How many calls deep the making of a response is looked for."""


class Streamed(NamedTuple):
    """A session at a response that is sent piece by piece.

    `place` is the return, or the yield of a route that is a generator. `is_closed`: the session is closed before the
    first piece, and the generator uses it all the same; else it is held until the last one.
    """

    place: int
    held: HeldSession
    is_closed: bool
    trail: tuple[Note, ...]


class _Response(NamedTuple):
    """A return of a response that is sent piece by piece, and what gives the pieces, None for a file.

    `helper` is the call by which another function makes it, `made` are that function's own returns of one.
    """

    statement: Return
    content: Expression | None
    helper: Call | None = None
    made: tuple[_Response, ...] = ()


class Streaming:
    """The questions about streamed responses."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._held = HeldSessions(context)
        self._users = SessionUsers(context)

    def of(self, scope: Scope) -> Iterator[Streamed]:
        """The first session that is held, or closed too early, at each streamed response of a route."""
        if not isinstance(scope.owner, Function) or not self._context.framework.is_route(scope):
            return
        responses = list(self._responses(scope))
        if (not responses and not scope.owner.is_generator) or self._context.is_test(scope):
            return
        sessions = self._held.of(scope)
        for response in responses:
            found = (one for held in sessions if (one := self._at_return(response, held, scope)) is not None)
            yield from [one for one in [next(found, None)] if one is not None]
        for held in sessions if scope.owner.is_generator else ():
            yield from self._at_yields(held, scope)

    # --- which responses ---

    def _responses(self, scope: Scope, depth: int = 0) -> Iterator[_Response]:
        assert isinstance(scope.owner, Function)
        for statement in scope.statements:
            call = self._call_of(statement.value, scope) if isinstance(statement, Return) else None
            if call is None or not isinstance(statement, Return):
                continue
            kind = self._context.value(call.function, scope)
            if self._is_of(kind, vocabulary.FILE_RESPONSES):
                yield _Response(statement, None)
            elif self._is_of(kind, vocabulary.STREAMING_RESPONSES):
                content = argument(call, "content", 0)
                if content is not None and self._is_made_bit_by_bit(content, scope):
                    yield _Response(statement, content)
            elif isinstance(kind, FunctionValue) and not kind.function.is_generator and depth < _HELPERS:
                made = tuple(self._responses(kind.scope, depth + 1))
                yield from [_Response(statement, None, call, made)] if made else []

    def _call_of(self, returned: Expression | None, scope: Scope) -> Call | None:
        """The call whose result is returned, by a name as well."""
        if isinstance(returned, Name):
            bound = self._bound(returned.id, scope)
            returned = bound[0] if len(bound) == 1 else None
        if isinstance(returned, Await):
            returned = returned.value
        return returned if isinstance(returned, Call) else None

    def _bound(self, name: str, scope: Scope) -> list[Expression]:
        bindings = self._context.names.bindings(scope).get(name, ())
        return [one.value for one in bindings if isinstance(one, Assigned)]

    def _is_of(self, kind: Value | None, names: frozenset[str], depth: int = 0) -> bool:
        """Whether a class is one of a library's, or derived from one."""
        if isinstance(kind, Library):
            return kind.name in names
        if not isinstance(kind, ClassValue) or depth > _BASES:
            return False
        outer = kind.scope.outer or kind.scope
        bases = (self._context.value(one, outer) for one in kind.definition.bases)
        return any(self._is_of(one, names, depth + 1) for one in bases)

    def _is_made_bit_by_bit(self, content: Expression, scope: Scope) -> bool:
        """Whether the pieces come one by one: what is in memory already is sent like any other response."""
        if isinstance(content, Name):
            bound = self._bound(content.id, scope)
            if len(bound) == 1:
                return self._is_made_bit_by_bit(bound[0], scope)
        match content:
            case Comprehension("generator"):
                return True
            case Call(Attribute(_, method)) if method.startswith(vocabulary.PIECES):
                return True
        value = self._context.value(content, scope)
        if isinstance(content, Call) and (value is None or isinstance(value, LibraryObject)):
            # Nobody goes through an async generator without awaiting it.
            return any(self._is_generator(one.value, scope, True) for one in content.arguments)
        is_generator = isinstance(value, FunctionValue) and value.function.is_generator
        return isinstance(value, GeneratorValue) or is_generator

    def _is_generator(self, expression: Expression, scope: Scope, only_async: bool = False) -> bool:
        value = self._context.value(expression, scope)
        return isinstance(value, GeneratorValue) and (value.is_async or not only_async)

    # --- what becomes of the session ---

    def _at_return(self, response: _Response, held: HeldSession, scope: Scope) -> Streamed | None:
        used = self._used_by_generator(response.content, held, scope)
        if self._held.is_closed_early(held.ends, scope):
            return Streamed(response.statement.place, held, True, (used,)) if used is not None else None
        open_by = self._open_at(response, held, scope)
        notes = tuple(one for one in (open_by, used) if one is not None)
        return Streamed(response.statement.place, held, False, notes) if notes else None

    def _used_by_generator(self, content: Expression | None, held: HeldSession, scope: Scope) -> Note | None:
        """Where what gives the pieces uses the session."""
        if isinstance(content, Name):
            bound = self._bound(content.id, scope)
            content = bound[0] if len(bound) == 1 else content
        if isinstance(content, Name):
            content = Call(content, (), held.place)
        if not isinstance(content, Call):
            return None
        for use in self._users.of(content, scope):
            if use.name == held.name and use.effect is not None and use.effect.io is not None:
                return use.effect.io
        inner = (one.value for one in content.arguments if self._is_generator(one.value, scope))
        return next((used for one in inner if (used := self._used_by_generator(one, held, scope)) is not None), None)

    def _open_at(self, response: _Response, held: HeldSession, scope: Scope) -> Note | None:
        """Where the transaction was begun that is open when a route returns."""
        if held.is_hidden:
            return held.used
        life = self._held.life(held, scope)
        if not self._is_open(life, response.statement) or self._is_ended_by_helper(response, held, scope):
            return None
        return held.used or self._held.first_use(life)

    def _is_ended_by_helper(self, response: _Response, held: HeldSession, scope: Scope) -> bool:
        """Whether the function that makes the response gets the session, and leaves no transaction open with it."""
        for use in self._users.of(response.helper, scope) if response.helper is not None else ():
            if use.name == held.name and use.effect is not None and use.effect.source is not None:
                life = self._context.life_of_names(*use.effect.source)
                return not any(self._is_open(life, one.statement) for one in response.made)
        return False

    def _is_open(self, life: Life, statement: Return) -> bool:
        """Whether a transaction is open on some path to a return."""
        leaves = {
            at for at, node in enumerate(life.graph.nodes) if node.step == Leave(statement.value, statement.place)
        }
        ending = (UseKind.ACT, UseKind.PASS, UseKind.KEEP)
        used = {moment.point for moment in life.moments if moment.use.kind in ending}
        for point, link in life.links.items() if life.complete else ():
            if point.state.status in LEAKING and point.node in leaves and point not in used:
                return True
            left = link.point is not None and link.point.node in leaves and link.raised is None
            if left and point.state.status in LEAKING:
                return True
        return False

    def _at_yields(self, held: HeldSession, scope: Scope) -> Iterator[Streamed]:
        """A route that gives its pieces itself, with a transaction open."""
        function = scope.owner
        assert isinstance(function, Function)
        if held.is_hidden and held.used is not None and not self._held.is_closed_early(held.ends, scope):
            yield Streamed(_first(function.yields, scope), held, False, (held.used,))
        if held.is_hidden:
            return
        life = self._held.life(held, scope)
        if self._held.is_closed_early(held.ends, scope):
            used = self._held.first_use(life)
            yield from [Streamed(_first(function.yields, scope), held, True, (used,))] if used is not None else []
            return
        places = [
            moment.use.place
            for moment in life.moments
            if moment.use.kind is UseKind.YIELD and moment.before.status in LEAKING
        ]
        if places and life.complete:
            used = held.used or self._held.first_use(life)
            place = min(places, key=lambda one: scope.module.places[one])
            yield Streamed(place, held, False, (used,) if used is not None else ())


def _first(yields: tuple[Yield, ...], scope: Scope) -> int:
    return min((one.place for one in yields), key=lambda one: scope.module.places[one])
