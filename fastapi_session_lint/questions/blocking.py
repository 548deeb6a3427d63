"""I/O of sync sessions in async functions, done there or in a plain function that they call."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Declared, Function, Parameter
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    ObjectValue,
    QueryValue,
    Scope,
    SessionValue,
    Value,
)
from fastapi_session_lint.questions.first_io import FirstIo
from fastapi_session_lint.questions.queries import Sent
from fastapi_session_lint.questions.same_session import Key, SessionKeys, Told
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_BASES = 8
_HELD = 2
"""How many objects deep a session may be kept by an object of an object."""


class BlockingCall(NamedTuple):
    """Where an async function waits for the database without awaiting.

    `name` is the session, `text` what is done. `trail` leads to the I/O where that stands elsewhere.
    """

    place: int
    name: str
    text: str
    trail: tuple[Note, ...] = ()
    is_helper: bool = False
    from_plain_dependency: bool = False


class _Reached(NamedTuple):
    """A session that a called function gets at: its name, and what tells it from others.

    `attribute` is the path under which the called method's object keeps it, None where it is given or captured.
    """

    name: str
    key: Key
    expression: Expression | None = None
    attribute: str | None = None


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
        sent = self._context.queries.sent(scope)
        sending = {id(one.call) for one in sent}
        calls = [one for one in calls_of(scope) if id(one) not in sending and id(one) not in awaited]
        unsent = [one for one in sent if id(one.call) not in awaited]
        steps: list[Call | Sent] = [*calls, *unsent]
        steps.sort(key=lambda one: self._context.span(scope, one.place).end)
        # A function that queries a session itself is told of there, also where a helper comes first; a rollback, which
        # is mostly on the way out after an error, takes its turn with the helpers.
        for step in steps:
            if isinstance(step, Sent):
                found = self._sent(step, told, scope)
            else:
                found = None if _resets(step) else self._in_place(step, told, scope)
            if found is not None:
                yield found
        for call in (one for one in steps if isinstance(one, Call)):
            found = self._in_place(call, told, scope) if _resets(call) else self._by_helper(call, told, scope)
            if found is not None:
                yield found

    def _awaited(self, scope: Scope) -> frozenset[int]:
        """The calls that are awaited themselves, or at the root of an awaited chain."""
        found: set[int] = set()
        assert isinstance(scope.owner, Function)
        for expression in scope.expressions:
            if isinstance(expression, Await):
                found |= {id(one) for one in chain(expression.value)}
        return frozenset(found)

    def _is_sync(self, session: SessionValue | None) -> bool:
        return session is not None and not session.is_async and not session.is_guessed

    def _is_sync_session(self, expression: Expression, scope: Scope) -> bool:
        return self._is_sync(self._context.evidence.session(expression, scope))

    # --- in place ---

    def _sent(self, sent: Sent, told: Told, scope: Scope) -> BlockingCall | None:
        """A query is sent that was built before."""
        query = self._context.value(sent.query, scope)
        if not isinstance(query, QueryValue) or not self._is_sync(query.session):
            return None
        if self._context.evidence.is_doubtful(query.subject, query.scope):
            return None
        name = sent.name or dotted(query.subject) or "session"
        if query.scope is not scope:
            return self._told(told, self._key_of(sent.name, scope), BlockingCall(sent.place, name, sent.text), scope)
        key = self._keys.of_expression(query.subject, scope)
        if self._context.span(scope, sent.place).row == self._context.span(scope, query.call.place).row:
            return self._told(told, key, BlockingCall(query.call.place, name, sent.text), scope)
        note = self._context.note(scope, sent.place, f"`{sent.text}` sends it here")
        begun = BlockingCall(query.call.place, name, f"{name}.{vocabulary.QUERY_METHOD}()", (note,))
        return self._told(told, key, begun, scope)

    def _key_of(self, name: str | None, scope: Scope) -> Key:
        return None if name is None else self._keys.of_expression(Name(name), scope)

    def _in_place(self, call: Call, told: Told, scope: Scope) -> BlockingCall | None:
        """A method of a session does I/O."""
        if not isinstance(call.function, Attribute):
            return None
        owner, method = call.function.value, call.function.name
        if vocabulary.SESSION_METHODS.get(method) not in IO_ACTIONS or not self._is_sync_session(owner, scope):
            return None
        if self._only_resets(scope, method) or self._context.queries.is_built_only(call, scope):
            return None
        name = dotted(owner) or "session"
        found = BlockingCall(call.place, name, f"{name}.{method}()")
        return self._told(told, self._keys.of_expression(owner, scope), found, scope)

    def _told(self, told: Told, key: Key, found: BlockingCall, scope: Scope) -> BlockingCall | None:
        """What is found on a session, if it is the first on that session."""
        if told.has(key):
            return None
        told.add(key)
        return found._replace(from_plain_dependency=self._is_from_plain_dependency(found.name, scope))

    def _only_resets(self, scope: Scope, method: str) -> bool:
        """A dependency's rollback on the way out is one short round trip."""
        is_rollback = vocabulary.SESSION_METHODS.get(method) is Action.ROLLBACK
        return is_rollback and self._context.is_session_dependency(scope)

    def _is_from_plain_dependency(self, name: str, scope: Scope) -> bool:
        """Whether the session comes from a plain `def` generator, whose exit needs a thread and the loop."""
        for parameter in getattr(scope.owner, "parameters", ()):
            if isinstance(parameter, Parameter) and parameter.name == name:
                marker = self._context.roles.marker(parameter, scope)
                target = self._context.roles.dependency(marker, parameter, scope) if marker else None
                if isinstance(target, FunctionValue):
                    return target.function.is_generator and not target.function.is_async
        return False

    # --- by a helper ---

    def _by_helper(self, call: Call, told: Told, scope: Scope) -> BlockingCall | None:
        """A plain function or method is called that does I/O on a session that it gets at."""
        function = self._context.value(call.function, scope)
        if isinstance(function, FunctionValue) and function.function.is_async:
            return None
        if self._context.queries.is_never_run(call, scope):
            return None
        for one in self._reached(call, function, scope):
            if told.has(one.key):
                continue
            trail = self._first_io.of(self._effect(one, call, function))
            if trail is not None:
                return self._told(told, one.key, BlockingCall(call.place, one.name, _text_of(call), trail, True), scope)
        return None

    def _reached(self, call: Call, function: Value | None, scope: Scope) -> Iterator[_Reached]:
        """The sync sessions that a called function gets at."""
        for one in call.arguments:
            if not one.star and self._is_sync_session(one.value, scope):
                key = self._keys.of_expression(one.value, scope)
                yield _Reached(dotted(one.value) or "session", key, one.value)
        if not isinstance(function, FunctionValue):
            return
        if isinstance(call.function, Attribute) and isinstance(function.receiver, ObjectValue):
            owner = dotted(call.function.value) or function.receiver.of.definition.name
            given = self._given_to(call.function.value, scope)
            is_async = bool(given) and not any(map(self._is_sync, given.values()))
            for path in () if is_async else self._kept_sessions(function.receiver.of):
                key = self._keys.of_kept(call.function.value, function.receiver.of, path, scope)
                name = next((name for name, one in given.items() if self._is_sync(one)), f"{owner}.{path}")
                yield _Reached(name, key, attribute=path)
        if function.scope.outer is scope:
            for name in sorted(function.function.reads):
                if self._is_sync_session(Name(name), scope):
                    yield _Reached(name, self._keys.of_expression(Name(name), scope))

    def _effect(self, reached: _Reached, call: Call, function: Value | None) -> Effect | None:
        """What the called function does to a session."""
        effects = self._context.effects
        argument = next((one for one in call.arguments if one.value is reached.expression), None)
        if argument is not None:
            return effects.of_argument(function, call, argument)
        if reached.attribute is not None:
            return effects.of_attribute(function, reached.attribute)
        assert isinstance(function, FunctionValue)
        return effects.of_captured(function, frozenset({reached.name}))

    def _given_to(self, owner: Expression, scope: Scope) -> dict[str, SessionValue]:
        """The sessions, by their names, with which an object was made in this function."""
        if isinstance(owner, Name):
            bindings = self._context.names.bindings(scope).get(owner.id, ())
            owner = next((one.value for one in bindings if isinstance(one, Assigned)), owner)
        arguments = owner.arguments if isinstance(owner, Call) else ()
        found = {dotted(one.value): self._context.evidence.session(one.value, scope) for one in arguments}
        return {name: session for name, session in found.items() if name is not None and session is not None}

    def _kept_sessions(self, owner: ClassValue, depth: int = 0) -> tuple[str, ...]:
        """The attributes under which an object of the project keeps a sync session, itself or by an object it keeps."""
        key = id(owner.scope) + depth
        if key not in self._kept:
            self._kept[key] = ()
            self._kept[key] = tuple(dict.fromkeys(self._paths(owner, depth)))
        return self._kept[key]

    def _paths(self, owner: ClassValue, depth: int) -> Iterator[str]:
        objects = []
        for name in dict.fromkeys(self._attributes(owner)):
            value = self._context.roles.member(owner, name, ObjectValue(owner))
            if isinstance(value, SessionValue):
                if self._is_sync(self._context.evidence.kept_session(ObjectValue(owner), name)):
                    yield name
            elif isinstance(value, ObjectValue) and depth < _HELD:
                objects.append((name, value.of))
        for name, of in objects:
            yield from (f"{name}.{path}" for path in self._kept_sessions(of, depth + 1))

    def _attributes(self, owner: ClassValue, depth: int = 0) -> Iterator[str]:
        """The attributes of an object of a class, those of its bases included."""
        yield from owner.definition.attributes
        for name, found in owner.definition.bindings.items():
            if isinstance(found[-1], Declared) or (
                isinstance(found[-1], Assigned) and found[-1].annotation is not None
            ):
                yield name
        for base in self._context.roles.bases(owner) if depth < _BASES else ():
            yield from self._attributes(base, depth + 1)


def _resets(call: Call) -> bool:
    """Whether a call is that of a method called as a session's rollback is."""
    function = call.function
    return isinstance(function, Attribute) and vocabulary.SESSION_METHODS.get(function.name) is Action.ROLLBACK


def _text_of(call: Call) -> str:
    text = dotted(call.function)
    if text is None and isinstance(call.function, Attribute):
        text = call.function.name
    return f"{text}()" if text else "this call"


def chain(expression: Expression) -> Iterator[Expression]:
    """A call and the calls that it hangs on: `a.b().c()` gives both."""
    while isinstance(expression, Call | Attribute):
        if isinstance(expression, Call):
            yield expression
            expression = expression.function
        else:
            expression = expression.value
