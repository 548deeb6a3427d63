"""What bears out that a session is of the kind that it seems to be: annotations are often wrong about it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, Name, last_name
from fastapi_session_lint.model.syntax import Assigned, Declared, Definition, Function, Parameter, Return
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    ClassValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    Library,
    ObjectValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_MAKERS = (
    vocabulary.SESSION_MAKERS
    | vocabulary.ASYNC_SESSION_MAKERS
    | vocabulary.SCOPED_MAKERS
    | vocabulary.ASYNC_SCOPED_MAKERS
)
"""What makes factories of sessions."""
_ENGINE_MAKERS = vocabulary.ENGINE_MAKERS | vocabulary.ASYNC_ENGINE_MAKERS
_BASES = 8
_MOST = 60
"""How many names, attributes and arguments a session is followed through."""
Told: TypeAlias = Definition | bool
"""What tells of a session: the bare annotation that is all there is; True for more than that, False if it is wrong."""
_Subject: TypeAlias = tuple[Expression | Definition, Scope]
"""What a session stands in, and where."""


class Evidence:
    """The questions about how surely a session's kind is known."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[tuple[int, int], tuple[Told | _Subject, ...]] = {}

    def session(self, expression: Expression, scope: Scope) -> SessionValue | None:
        """The session that an expression stands for, where it is known whether it is async.

        An annotation alone is believed unless the project makes sessions, and none of that kind.
        """
        session, told = self._session(expression, scope)
        return None if session is None else self._believed(session, told)

    def kept_session(self, owner: ObjectValue, name: str) -> SessionValue | None:
        """The same of the session that an object of the project keeps under a name."""
        session = self._context.roles.member(owner.of, name, owner)
        if not isinstance(session, SessionValue) or session.is_guessed:
            return None
        return self._believed(session, self._told(self._kept(owner.of, name)))

    def _believed(self, session: SessionValue, told: Told) -> SessionValue | None:
        if told is True:
            return session
        made = {is_async for is_async, _ in self.made}
        return session if told is not False and (not made or session.is_async in made) else None

    def is_doubtful(self, expression: Expression, scope: Scope) -> bool:
        """Whether an expression seems to be a session, and what speaks against its kind outweighs the annotation."""
        return self._context.session(expression, scope) is not None and self.session(expression, scope) is None

    def undisputed_session(self, expression: Expression, scope: Scope) -> SessionValue | None:
        """The same where something speaks against the annotation, such as an await of what it says is sync.

        Then an annotation alone is believed only where the project makes no sessions of the other kind.
        """
        session, told = self._session(expression, scope)
        if session is None or told is True:
            return session
        made = {is_async for is_async, _ in self.made}
        return session if told is not False and made <= {session.is_async} else None

    def undisputed_engine(self, engine: EngineValue) -> bool:
        """The same of an engine: an annotation alone is believed where the project makes none of the other kind."""
        return engine.call is not None or self._made_engines <= {engine.is_async}

    def session_of_flavour(self, expression: Expression, scope: Scope) -> SessionValue | None:
        """The same, where it is known as well whether it is SQLModel's or SQLAlchemy's own.

        Sessions of SQLModel are often annotated as SQLAlchemy's: an annotation is believed where the project makes no
        other sessions than that.
        """
        session, told = self._session(expression, scope)
        if session is None or told is True:
            return session
        flavours = {flavour for is_async, flavour in self.made if is_async == session.is_async}
        return session if told is not False and flavours == {session.flavour} else None

    def _session(self, expression: Expression, scope: Scope) -> tuple[SessionValue | None, Told]:
        session = self._context.session(expression, scope)
        if session is None or session.is_guessed:
            return None, False
        return session, self._told([(expression, scope)])

    def _told(self, subjects: Iterable[_Subject]) -> Told:
        """What tells of all that these subjects lead to: False where anything is wrong, else the first annotation."""
        waiting = list(subjects)
        seen = {(subject, id(scope)) for subject, scope in waiting}
        told: Told = True
        while waiting:
            for found in self._witnesses(*waiting.pop()):
                if found is False:
                    return False
                if isinstance(found, tuple):
                    key = found[0], id(found[1])
                    if key not in seen and len(seen) < _MOST:
                        seen.add(key)
                        waiting.append(found)
                elif told is True:
                    told = found
        return told

    def _witnesses(self, subject: Expression | Definition, scope: Scope) -> Iterator[Told | _Subject]:
        """What tells of an expression, or of what a name is bound to, and what that leads to."""
        match subject:
            case Name(name):
                found = self._context.names.lookup(name, scope)
                yield from ((one, found[1]) for one in found[0]) if found else ()
            case Attribute(owner, name):
                value = self._context.value(owner, scope)
                if isinstance(value, ObjectValue):
                    yield from self._kept(value.of, name)
            case Await(value, _):
                yield value, scope
            case Call(function, _, _):
                yield from self._given_by(self._context.value(function, scope))
            case Parameter():
                key = id(subject), id(scope)
                if key not in self._known:
                    self._known[key] = tuple(self._received(subject, scope))
                yield from self._known[key]
            case Declared():
                yield subject
            case Assigned(value, _, _, None):
                yield value, scope

    def _given_by(self, called: Value | None) -> Iterator[Told | _Subject]:
        """What a function of the project gives: by what it returns or yields; nothing of that known, its annotation."""
        if not isinstance(called, FunctionValue):
            return
        function, scope = called.function, called.scope
        returned = (one.value for one in scope.statements if isinstance(one, Return))
        values = [one for one in (*returned, *(one.value for one in function.yields)) if one is not None]
        known = [one for one in values if self._context.value(one, scope) is not None]
        if values and not known:
            yield function
        yield from ((one, scope) for one in known)

    def _kept(self, owner: ClassValue, name: str, depth: int = 0) -> Iterator[_Subject]:
        """An attribute: as the methods assign it, else as the class declares it, else as its bases do."""
        definition = owner.definition
        assigned = definition.attributes.get(name, ())
        for method, one in assigned:
            for function in definition.bindings.get(method, ()):
                if isinstance(function, Function):
                    yield one, self._context.names.scope_of(function)
        if not assigned:
            bound = definition.bindings.get(name, ())
            yield from ((one, owner.scope) for one in bound)
            for base in self._context.roles.bases(owner) if not bound and depth < _BASES else ():
                yield from self._kept(base, name, depth + 1)

    def _received(self, parameter: Parameter, place: Scope) -> Iterator[Told | _Subject]:
        """What FastAPI injects, all callers pass or pytest hands is more than the annotation, and may belie it."""
        roles = self._context.roles
        marker = roles.marker(parameter, place)
        if marker is not None and isinstance(roles.injected(marker, parameter, place), SessionValue):
            yield from self._given_by(roles.dependency(marker, parameter, place))
            return
        if isinstance(place.owner, Function) and self.runs_in_greenlet(place):
            yield False if parameter in place.owner.parameters[:1] else parameter
            return
        handed = roles.injection.handed(parameter, place)
        if parameter.annotation is None and isinstance(handed, SessionValue):
            for fixture in roles.injection.fixtures.handed(parameter.name, place):
                yield from self._given_by(FunctionValue(fixture))
            return
        declared = passed = roles.parameter(parameter, place)
        if parameter.annotation is not None:
            passed = roles.callers.passed(parameter, place) or handed
        if not isinstance(passed, SessionValue) or passed.is_guessed or not isinstance(declared, SessionValue):
            yield parameter
        elif passed.is_async != declared.is_async:
            yield False
        elif passed.flavour != declared.flavour:
            yield parameter
        else:
            yield from roles.callers.givers(parameter, place)

    @functools.cached_property
    def made(self) -> frozenset[tuple[bool, str]]:
        """The kinds of the sessions that the project makes: (whether async, flavour)."""
        found: set[tuple[bool, str]] = set()
        for call, scope in self._calls(_MAKERS | {SessionClass}):
            function = self._context.value(call.function, scope)
            is_session = isinstance(function, SessionClass)
            if not is_session and not (isinstance(function, Library) and function.name in _MAKERS):
                continue
            value = self._context.value(call, scope)
            is_factory = isinstance(value, FactoryValue) and value.call is call
            if isinstance(value, FactoryValue | SessionValue) and (is_factory or is_session):
                found.add((value.is_async, value.flavour))
        return frozenset(found)

    @functools.cached_property
    def _made_engines(self) -> frozenset[bool]:
        """The kinds of the engines that the project makes: whether async."""
        values = (self._context.value(call, scope) for call, scope in self._calls(_ENGINE_MAKERS))
        return frozenset(one.is_async for one in values if isinstance(one, EngineValue) and one.call is not None)

    def runs_in_greenlet(self, scope: Scope) -> bool:
        """Whether `run_sync` of a session or connection calls a function, with the sync one behind it."""
        return id(scope) in self._greenlets

    @functools.cached_property
    def _greenlets(self) -> frozenset[int]:
        found: set[int] = set()
        for call, scope in self._calls(vocabulary.GREENLET_METHODS):
            if last_name(call.function) not in vocabulary.GREENLET_METHODS or not call.arguments:
                continue
            if isinstance(self._context.value(call.function, scope), Library):
                continue  # a thread's, which passes on what it is given
            value = self._context.value(call.arguments[0].value, scope)
            if isinstance(value, FunctionValue):
                found.add(id(value.scope))
        return frozenset(found)

    def _calls(self, wanted: Wanted) -> Iterator[tuple[Call, Scope]]:
        """The calls of the scopes that call any of some functions or kinds."""
        names = self._context.names
        for scope in (*names.all_scopes(), *names.classes):
            for call in calls_of(scope) if self._context.contents.calls_any(wanted, scope) else ():
                yield call, scope
