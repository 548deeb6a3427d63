"""What rules may ask: the linked project, its sessions, and their lives; every answer is worked out once."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from fastapi_session_lint.findings import Note, Span
from fastapi_session_lint.flow.effects import Effects
from fastapi_session_lint.flow.lives import Life, Point
from fastapi_session_lint.flow.states import LEAKING
from fastapi_session_lint.inventory import Inventory
from fastapi_session_lint.model.expressions import NOWHERE, Call, Expression
from fastapi_session_lint.model.syntax import Function, Imported, Module
from fastapi_session_lint.project.framework import Framework
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.roots import ImportMap
from fastapi_session_lint.project.values import (
    Scope,
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
from fastapi_session_lint.questions.inventory import inventory
from fastapi_session_lint.questions.sessions import Creation, Sessions
from fastapi_session_lint.questions.shared import Shared
from fastapi_session_lint.settings import Settings


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
        self.visited = next(iter(self.names.modules), "")
        sessions = Sessions(self.effects, self.framework)
        self.session = sessions.session
        self.creations = sessions.creations
        self.subject = sessions.subject
        self.is_borrowed = sessions.is_borrowed
        self.fresh = sessions.fresh
        self.life = sessions.life
        self.life_of_names = sessions.life_of_names
        self.lives_of_name = sessions.lives_of_name
        self.borrowed_names = sessions.borrowed_names

    # --- where ---

    def _reported(self, scopes: Iterable[Scope]) -> Iterator[Scope]:
        """Those to report on; the one looked at is kept at hand, for whoever has to say where a rule crashed."""
        for scope in scopes:
            if self._report is None or scope.module.path in self._report:
                self.visited = scope.module.path
                yield scope

    def modules(self) -> Iterator[Scope]:
        """The module scopes to report on."""
        return self._reported(self.names.modules.values())

    def functions(self) -> Iterator[Scope]:
        """The function scopes to report on, lambdas too."""
        return self._reported(self.names.functions)

    def classes(self) -> Iterator[Scope]:
        """The class scopes to report on."""
        return self._reported(self.names.classes)

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

    def leaks(self, life: Life) -> list[tuple[bool, Point]]:
        """The ends at which the session still holds a connection: (failed, point)."""
        return [(failed, point) for failed, point in life.ends if point.state.status in LEAKING]

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

    def inventory(self) -> Inventory:
        """What the project is understood to be."""
        return inventory(self)

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


_THREADED = frozenset({"TestClient", "FastAPI", "APIRouter"})


def _version(text: str | None, newest: tuple[int, ...]) -> tuple[int, ...]:
    if text is None:
        return newest
    return tuple(int(part) for part in text.split(".") if part.isdigit())


__all__ = ["Context", "Creation"]
