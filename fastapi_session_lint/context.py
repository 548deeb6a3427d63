"""What rules may ask: the linked project, its sessions, and their lives; every answer is worked out once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note, Span
from fastapi_session_lint.flow.effects import Effects
from fastapi_session_lint.flow.lives import Life, Moment, Point
from fastapi_session_lint.flow.states import LEAKING, Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.syntax import (
    NOWHERE,
    Assign,
    Assigned,
    Attribute,
    Await,
    Call,
    Class,
    Expression,
    Function,
    Imported,
    Module,
    Name,
    Parameter,
    With,
    dotted,
    parts_of,
)
from fastapi_session_lint.model.walk import statements, subexpressions
from fastapi_session_lint.project.framework import Framework, calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.roots import ImportMap
from fastapi_session_lint.project.values import (
    ConnectionValue,
    CoroutineValue,
    FactoryValue,
    FunctionValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)
from fastapi_session_lint.questions.awaiting import Awaiting
from fastapi_session_lint.questions.blocking import Blocking
from fastapi_session_lint.questions.engines import Engines
from fastapi_session_lint.questions.failures import (
    Failure,
    failures,
    swallowed_errors,
    unguarded_commits,
    unguarded_shared_commits,
)
from fastapi_session_lint.questions.generators import GeneratorCall, generator_calls
from fastapi_session_lint.questions.shared import Shared
from fastapi_session_lint.settings import Settings


class Creation(NamedTuple):
    """A call that makes a session which belongs to the code around it."""

    call: Call
    session: SessionValue
    scope: Scope


class Context:
    """The linked project as rules see it."""

    def __init__(
        self, modules: Iterable[Module], paths: Iterable[str], settings: Settings, report: frozenset[str] | None = None
    ) -> None:
        """`paths` are all files, also those that were not lowered; `report` limits `scopes` to some of them."""
        self.settings = settings
        self.names = Names(modules, ImportMap(paths, settings.src))
        self.roles = Roles(self.names, settings.session_factory_names)
        self.effects = Effects(self.roles)
        self.framework = Framework(self.names, self.roles)
        self._report = report
        self._creations: dict[int, tuple[Creation, ...]] = {}
        self._lives: dict[tuple[int, int, frozenset[str]], Life] = {}
        self._fresh: dict[int, SessionValue | None] = {}

    # --- where ---

    def _is_reported(self, scope: Scope) -> bool:
        return self._report is None or scope.module.path in self._report

    def modules(self) -> Iterator[Scope]:
        """The module scopes to report on."""
        return filter(self._is_reported, self.names.modules.values())

    def functions(self) -> Iterator[Scope]:
        """The function scopes to report on, lambdas too."""
        return filter(self._is_reported, self.names.functions)

    def classes(self) -> Iterator[Scope]:
        """The class scopes to report on."""
        return filter(self._is_reported, self.names.classes)

    def span(self, scope: Scope, place: int) -> Span:
        """Where a place of a scope's module is."""
        return scope.module.places[place] if place != NOWHERE else Span(1, 0, 1, 0)

    def note(self, scope: Scope, place: int, message: str) -> Note:
        """A step of a trail."""
        return Note(scope.module.path, self.span(scope, place), message)

    def is_test(self, scope: Scope) -> bool:
        """Whether a scope stands in a file of tests."""
        return self.framework.is_test(scope)

    # --- values ---

    def value(self, expression: Expression, scope: Scope) -> Value | None:
        """What an expression stands for; None where it is not known."""
        return self.roles.value(expression, scope)

    def session(self, expression: Expression, scope: Scope) -> SessionValue | None:
        """The session that an expression stands for, None where it is none, or not known to be one."""
        value = self.roles.value(expression, scope)
        if isinstance(value, FactoryValue) and value.is_scoped:
            return SessionValue(value.is_async, value.flavour, True)
        return value if isinstance(value, SessionValue) else None

    # --- sessions that are made ---

    def creations(self, scope: Scope) -> tuple[Creation, ...]:
        """The calls of a scope that make a session, in the order of the source."""
        key = id(scope)
        if key not in self._creations:
            self._creations[key] = ()
            found = (self._creation(call, scope) for call in calls_of(scope))
            self._creations[key] = tuple(one for one in found if one is not None)
        return self._creations[key]

    def _creation(self, call: Call, scope: Scope) -> Creation | None:
        function = self.roles.value(call.function, scope)
        match function:
            case FactoryValue(_, _, False) | SessionClass():
                made = self.roles.value(call, scope)
                if isinstance(made, SessionValue) and not self.is_borrowed(call, scope):
                    return Creation(call, made, scope)
            case FunctionValue():
                fresh = self.fresh(function)
                return Creation(call, fresh, scope) if fresh is not None else None
        return None

    def is_borrowed(self, call: Call, scope: Scope) -> bool:
        """A session on somebody else's connection ends with that connection."""
        bind = argument(call, "bind", 0)
        if bind is None:
            return False
        value = self.roles.value(bind, scope)
        return isinstance(value, ConnectionValue) or (value is None and self._is_parameter(bind, scope))

    def _is_parameter(self, expression: Expression, scope: Scope) -> bool:
        """Whether a name is a parameter, of which nothing may be known."""
        found = self.names.lookup(expression.id, scope) if isinstance(expression, Name) else None
        return found is not None and any(isinstance(one, Parameter) for one in found[0])

    def fresh(self, function: FunctionValue) -> SessionValue | None:
        """The open session that a function makes and gives to its caller."""
        key = id(function.scope)
        if key not in self._fresh:
            self._fresh[key] = None
            self._fresh[key] = self._made_and_returned(function)
        return self._fresh[key]

    def _made_and_returned(self, function: FunctionValue) -> SessionValue | None:
        definition = function.function
        if definition.is_generator or not definition.calls:
            return None
        if self.framework.is_manager(function.scope) or self._is_cached(function):
            return None
        result = self.roles.call_result(function)
        if isinstance(result, CoroutineValue):
            result = result.value
        if not isinstance(result, SessionValue):
            return None
        for creation in self.creations(function.scope):
            life = self.life(creation)
            for moment in life.moments:
                kept = moment.before.entered or not moment.before.status.is_open
                if moment.use.kind is UseKind.RETURN and moment.use.name == "session" and not kept:
                    return result
        return None

    def _is_cached(self, function: FunctionValue) -> bool:
        kinds = self.roles.decorators(function.function, function.scope)
        return bool(kinds & vocabulary.CACHE_DECORATORS)

    # --- lives ---

    def life(self, creation: Creation) -> Life:
        """The life of a session that a call makes, in the function around the call."""
        key = (id(creation.scope), id(creation.call), frozenset[str]())
        if key not in self._lives:
            life = self.effects.life(creation.scope, creation.call, frozenset(), Status.ABSENT)
            self._lives[key] = life
        return self._lives[key]

    def life_of_names(self, scope: Scope, names: frozenset[str]) -> Life:
        """The life of a session that a function finds under some names (a parameter, `self.db`)."""
        key = (id(scope), 0, names)
        if key not in self._lives:
            self._lives[key] = self.effects.life(scope, None, names, Status.IDLE)
        return self._lives[key]

    def lives_of_name(self, scope: Scope, name: str) -> Iterator[Life]:
        """The lives of the sessions that a name stands for: one that comes in, or one for each call it is bound to."""
        bindings = self.names.bindings(scope).get(name, ()) if isinstance(scope.owner, Function) else ()
        assigned = [one for one in bindings if isinstance(one, Assigned)]
        if not assigned:
            yield self.life_of_names(scope, frozenset({name}))
        for one in assigned:
            call = one.value.value if isinstance(one.value, Await) else one.value
            if isinstance(call, Call):
                key = (id(scope), id(call), frozenset[str]())
                if key not in self._lives:
                    self._lives[key] = self.effects.life(scope, call, frozenset(), Status.ABSENT)
                yield self._lives[key]

    def borrowed_names(self, scope: Scope) -> Iterator[tuple[str, SessionValue]]:
        """The names, dotted ones too, under which a function uses a session that it has not made itself."""
        seen: set[str] = set()
        made = {id(creation.call) for creation in self.creations(scope)}
        for call in calls_of(scope):
            candidates = [one.value for one in call.arguments]
            if isinstance(call.function, Attribute):
                candidates.append(call.function.value)
            for expression in candidates:
                name = dotted(expression)
                if name is None or name in seen:
                    continue
                seen.add(name)
                session = self.session(expression, scope)
                if session is not None and not self._is_made_here(name, scope, made):
                    yield name, session

    def _is_made_here(self, name: str, scope: Scope, made: set[int]) -> bool:
        owner = scope.owner
        bindings = self.names.bindings(scope).get(name, ()) if isinstance(owner, Function) else ()
        return any(_creates(getattr(one, "value", None), made) for one in bindings)

    def leaks(self, life: Life) -> list[tuple[bool, Point]]:
        """The ends at which the session still holds a connection: (failed, point)."""
        return [(failed, point) for failed, point in life.ends if point.state.status in LEAKING]

    def has_moment(self, life: Life, kind: UseKind) -> bool:
        """Whether a use of a kind is ever met while the session is there."""
        return any(moment.use.kind is kind and moment.before.status is not Status.ABSENT for moment in life.moments)

    def moments(self, life: Life, kind: UseKind) -> Iterator[Moment]:
        """The uses of a kind, with the states in which they are met."""
        return (moment for moment in life.moments if moment.use.kind is kind)

    def subject(self, creation: Creation) -> str:
        """The name that a session made here gets first; empty where it gets none, or not a plain one."""
        body = creation.scope.module.body if creation.scope.owner is None else creation.scope.owner.body
        for statement in statements(body):
            match statement:
                case Assign((target, *_), value, _) if _is_made_by(value, creation.call):
                    return dotted(target) or ""
                case With(items, _, _, _):
                    for item in items:
                        if item.target is not None and _is_made_by(item.context, creation.call):
                            return dotted(item.target) or ""
        return ""

    # --- who calls ---

    def scopes(self) -> Iterator[Scope]:
        """Every module, class and function scope to report on."""
        yield from self.modules()
        yield from self.classes()
        yield from self.functions()

    def is_generator(self, scope: Scope) -> bool:
        """Whether a function yields."""
        return isinstance(scope.owner, Function) and scope.owner.is_generator

    def is_session_dependency(self, scope: Scope) -> bool:
        """Whether FastAPI drives this generator: `Depends` names it, or it yields a session and nobody else would."""
        if not self.is_generator(scope):
            return False
        framework = self.framework
        if framework.is_manager(scope) or framework.is_fixture(scope) or framework.is_provider(scope):
            return False
        if framework.is_dependency(scope):
            return True
        if scope.enclosing_class is not None or self.is_test(scope):
            return False
        return any(self.life(one).yield_places for one in self.creations(scope))

    def is_yielded_dependency(self, creation: Creation) -> bool:
        """Whether a session is yielded by a dependency, whose cleanup is another question."""
        return bool(self.life(creation).yield_places) and self.is_session_dependency(creation.scope)

    def only_injected(self, scope: Scope) -> bool:
        """Whether nothing but `Depends` refers to a function."""
        return not self.framework.callers(scope)

    # --- more questions, each with its own module ---

    def generator_calls(self, scope: Scope) -> Iterator[GeneratorCall]:
        """The calls of generator dependencies that misuse them."""
        return generator_calls(self, scope)

    def failures(self, scope: Scope) -> Iterator[Failure]:
        """The commits and statements whose errors are caught without a rollback."""
        return failures(self, scope)

    def swallowed_errors(self, scope: Scope) -> Iterator[tuple[int, bool, int]]:
        """Where an endpoint's error ends in a dependency: (place, whether a handler, the yield's place)."""
        return swallowed_errors(self, scope)

    def unguarded_commits(self, scope: Scope) -> Iterator[tuple[int, str, bool]]:
        """The commits after whose failure nothing rolls back: (place, name, is async)."""
        return unguarded_commits(self, scope)

    def unguarded_shared_commits(self, scope: Scope) -> Iterator[tuple[Call, str]]:
        """The same for sessions that live as long as the process."""
        return unguarded_shared_commits(self, scope)

    @functools.cached_property
    def shared(self) -> Shared:
        """The questions about sessions that are made once."""
        return Shared(self)

    @functools.cached_property
    def blocking(self) -> Blocking:
        """The questions about blocked event loops."""
        return Blocking(self)

    @functools.cached_property
    def awaiting(self) -> Awaiting:
        """The questions about awaits."""
        return Awaiting(self)

    @functools.cached_property
    def engines(self) -> Engines:
        """The questions about engines."""
        return Engines(self)

    @functools.cached_property
    def threaded_modules(self) -> tuple[Module, ...]:
        """The modules that have an app, a router or a test client, and so are met by several threads."""
        found = []
        for scope in self.names.modules.values():
            for definitions in scope.module.bindings.values():
                if any(isinstance(one, Imported) and one.name in _THREADED for one in definitions):
                    found.append(scope.module)
                    break
        return tuple(found)

    def is_async_function(self, scope: Scope) -> bool:
        """Whether a scope is an `async def`."""
        return isinstance(scope.owner, Function) and scope.owner.is_async

    # --- versions ---

    @functools.cached_property
    def sqlalchemy(self) -> tuple[int, ...]:
        """The SQLAlchemy version of the project, the newest release where it is not known."""
        return _version(self.settings.sqlalchemy_version, (2, 1))

    @functools.cached_property
    def fastapi(self) -> tuple[int, ...]:
        """The FastAPI version of the project, the newest release where it is not known."""
        return _version(self.settings.fastapi_version, (999,))


def _creates(value: Expression | None, made: set[int]) -> bool:
    if isinstance(value, Await):
        value = value.value
    if value is None:
        return False
    if isinstance(value, Call):
        return id(value) in made
    return any(_creates(part, made) for part in parts_of(value) if isinstance(part, Call | Await))


_THREADED = frozenset({"TestClient", "FastAPI", "APIRouter"})


def _is_made_by(value: Expression, call: Call) -> bool:
    return any(part is call for part in subexpressions(value))


def _version(text: str | None, newest: tuple[int, ...]) -> tuple[int, ...]:
    if text is None:
        return newest
    return tuple(int(part) for part in text.split(".") if part.isdigit())


__all__ = ["Class", "Context", "Creation"]
