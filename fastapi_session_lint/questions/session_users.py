"""Which sessions a call gets at: given as arguments, kept by its object, or taken from around it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Declared, Function
from fastapi_session_lint.project.implementations import is_abstract
from fastapi_session_lint.project.values import ClassValue, FunctionValue, ObjectValue, Scope, SessionValue, Value
from fastapi_session_lint.questions.same_session import Key, SessionKeys
from fastapi_session_lint.vocabulary import IO_ACTIONS

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_BASES = 8
_HELD = 2
"""How many objects deep a session may be kept by an object of an object."""


class SessionUse(NamedTuple):
    """A session that a call gets at.

    `name` is what it is called around the call, `key` tells it from others there. `effect` is what the called function
    does to it, None where that is not known or where a method of the session itself is called.
    """

    name: str
    key: Key
    session: SessionValue
    effect: Effect | None
    is_own: bool = False

    @property
    def root(self) -> str:
        """The name by which the session, or the object that keeps it, is found."""
        return self.name.partition(".")[0]

    @property
    def does_io(self) -> bool:
        """Whether the database is asked, as far as is known; who is given a session and is not known, asks."""
        return self.is_own or self.effect is None or self.effect.io is not None


class SessionUsers:
    """The answer to "which sessions does this call use"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._keys = SessionKeys(context)
        self._kept: dict[tuple[int, int], tuple[tuple[str, SessionValue], ...]] = {}

    def of(self, call: Call, scope: Scope) -> Iterator[SessionUse]:
        """The sessions that a call gets at, each once, those that it does not touch left out."""
        seen: set[Key] = set()
        for one in self._all(call, scope):
            if one.does_io and one.key not in seen:
                seen.add(one.key)
                yield one

    def _all(self, call: Call, scope: Scope) -> Iterator[SessionUse]:
        function = self._context.value(call.function, scope)
        if isinstance(function, ObjectValue):
            function = self._context.roles.member(function.of, "__call__", function)
        if isinstance(call.function, Attribute):
            own = self._own(call.function, scope)
            if own is not None:
                yield own
                return
        yield from self._given(call, function, scope)
        if isinstance(function, FunctionValue):
            yield from self._of_object(call, function, scope)
            yield from self._captured(function, scope)

    def _own(self, function: Attribute, scope: Scope) -> SessionUse | None:
        """A method of the session itself."""
        session = self._session(function.value, scope)
        if session is None or vocabulary.SESSION_METHODS.get(function.name) not in IO_ACTIONS:
            return None
        if session.overrides(function.name):
            return None
        name = dotted(function.value)
        return SessionUse(name, self._key(function.value, scope), session, None, True) if name is not None else None

    def _session(self, expression: Expression, scope: Scope) -> SessionValue | None:
        """A session that everyone who has the name shares: a registry gives each its own."""
        session = self._context.session(expression, scope)
        return session if session is not None and not session.is_scoped else None

    def _key(self, expression: Expression, scope: Scope) -> Key:
        """What tells sessions apart; where nobody knows who made it, the name does."""
        key = self._keys.of_expression(expression, scope)
        return dotted(expression) if key is None else key

    def _given(self, call: Call, function: Value | None, scope: Scope) -> Iterator[SessionUse]:
        for one in call.arguments if not _is_unwritten(function) else ():
            name = dotted(one.value)
            session = self._session(one.value, scope) if name is not None and not one.star else None
            if name is not None and session is not None:
                effect = self._context.effects.of_argument(function, call, one)
                yield SessionUse(name, self._key(one.value, scope), session, effect)

    # --- kept by an object ---

    def _of_object(self, call: Call, function: FunctionValue, scope: Scope) -> Iterator[SessionUse]:
        """The sessions that the object of a called method keeps."""
        if not isinstance(call.function, Attribute) or not isinstance(function.receiver, ObjectValue):
            return
        owner = call.function.value
        for path, session in self.kept_by(function.receiver.of):
            key = self._keys.of_kept(owner, function.receiver.of, path, scope)
            given, text = self._given_to(owner, scope), dotted(owner)
            name = given or (f"{text}.{path}" if text is not None else None)
            if name is not None:
                effect = self._context.effects.of_attribute(function, path)
                yield SessionUse(name, name if key is None else key, session, effect)

    def _given_to(self, owner: Expression, scope: Scope) -> str | None:
        """The name of the session with which an object was made in this function."""
        if isinstance(owner, Name):
            bindings = self._context.names.bindings(scope).get(owner.id, ())
            owner = next((one.value for one in bindings if isinstance(one, Assigned)), owner)
        arguments = owner.arguments if isinstance(owner, Call) else ()
        return next((dotted(one.value) for one in arguments if self._session(one.value, scope) is not None), None)

    def kept_by(self, owner: ClassValue, depth: int = 0) -> tuple[tuple[str, SessionValue], ...]:
        """The attributes under which an object keeps a session, itself or by an object that it keeps."""
        key = (id(owner.scope), depth)
        if key not in self._kept:
            self._kept[key] = ()
            self._kept[key] = tuple(dict(self._paths(owner, depth)).items())
        return self._kept[key]

    def _paths(self, owner: ClassValue, depth: int) -> Iterator[tuple[str, SessionValue]]:
        for name in dict.fromkeys(self._attributes(owner)):
            value = self._context.roles.member(owner, name, ObjectValue(owner))
            if isinstance(value, SessionValue) and not value.is_scoped:
                yield name, value
            elif isinstance(value, ObjectValue) and depth < _HELD:
                yield from ((f"{name}.{path}", one) for path, one in self.kept_by(value.of, depth + 1))

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

    # --- taken from around ---

    def _captured(self, function: FunctionValue, scope: Scope) -> Iterator[SessionUse]:
        """The sessions of a function that one defined inside of it uses."""
        if not _is_within(function.scope, scope):
            return
        for expression in self._around(function.function, function.scope, scope):
            name = dotted(expression)
            session = self._session(expression, scope)
            if name is not None and session is not None:
                effect = self._context.effects.of_captured(function, frozenset({name}))
                yield SessionUse(name, self._key(expression, scope), session, effect)

    def _around(self, function: Function, inner: Scope, scope: Scope) -> Iterator[Expression]:
        """The names that a nested function reads from the one around it, and what the objects among them keep."""
        own = scope.owner.bindings if isinstance(scope.owner, Function) else {}
        for name in sorted(function.reads & own.keys()):
            expression = Name(name)
            yield expression
            value = self._context.value(expression, scope)
            if isinstance(value, ObjectValue):
                for path, _ in self.kept_by(value.of):
                    yield _attribute(expression, path)
            elif isinstance(value, FunctionValue) and value.scope is not inner and value.scope.outer is scope:
                yield from self._around(value.function, value.scope, scope)


def _is_unwritten(function: Value | None) -> bool:
    """Whether a function of a module has no body yet, and so touches nothing; a method may be left to subclasses."""
    if not isinstance(function, FunctionValue) or function.function.decorators:
        return False
    outer = function.scope.outer
    return outer is not None and outer.owner is None and is_abstract(function.function)


def _attribute(owner: Expression, path: str) -> Expression:
    for name in path.split("."):
        owner = Attribute(owner, name)
    return owner


def _is_within(inner: Scope | None, scope: Scope) -> bool:
    inner = inner.outer if inner is not None else None
    while inner is not None and inner is not scope:
        inner = inner.outer
    return inner is not None
