"""What rules may ask: the linked project, its sessions, and their lives; every answer is worked out once."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping

from fastapi_session_lint.findings import Note, Span
from fastapi_session_lint.flow.effects import Effects
from fastapi_session_lint.flow.lives import Life, Point
from fastapi_session_lint.flow.states import LEAKING
from fastapi_session_lint.inventory import Inventory
from fastapi_session_lint.model.expressions import NOWHERE, Call
from fastapi_session_lint.model.syntax import Function, Module
from fastapi_session_lint.project.framework import Framework
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.roots import ImportMap
from fastapi_session_lint.project.values import (
    Scope,
)
from fastapi_session_lint.questions.after_close import AfterClose
from fastapi_session_lint.questions.async_calls import AsyncCalls
from fastapi_session_lint.questions.async_engines import AsyncEngines
from fastapi_session_lint.questions.awaiting import Awaiting
from fastapi_session_lint.questions.background import Background
from fastapi_session_lint.questions.blocking import Blocking
from fastapi_session_lint.questions.cached import Cached
from fastapi_session_lint.questions.catching import Flights
from fastapi_session_lint.questions.concurrency import Concurrency
from fastapi_session_lint.questions.credentials import Credentials
from fastapi_session_lint.questions.direct_calls import DirectCalls
from fastapi_session_lint.questions.drivers import Drivers
from fastapi_session_lint.questions.duplicates import Duplicates
from fastapi_session_lint.questions.engines import Engines
from fastapi_session_lint.questions.event_loops import EventLoops
from fastapi_session_lint.questions.evidence import Evidence
from fastapi_session_lint.questions.factories import Factories
from fastapi_session_lint.questions.failures import Failure, failures
from fastapi_session_lint.questions.final_commits import FinalCommits
from fastapi_session_lint.questions.generators import GeneratorCall, generator_calls
from fastapi_session_lint.questions.handlers import Handlers
from fastapi_session_lint.questions.hidden_failures import HiddenFailures
from fastapi_session_lint.questions.imported_names import is_handed_on
from fastapi_session_lint.questions.injections import Injections
from fastapi_session_lint.questions.inventory import inventory
from fastapi_session_lint.questions.kept_markers import KeptMarkers
from fastapi_session_lint.questions.late_commits import LateCommits
from fastapi_session_lint.questions.loops import Loops
from fastapi_session_lint.questions.managers import Managers
from fastapi_session_lint.questions.moved_names import MovedNames
from fastapi_session_lint.questions.objects import Objects
from fastapi_session_lint.questions.overrides import Overrides
from fastapi_session_lint.questions.own_sessions import OwnSessions
from fastapi_session_lint.questions.per_request import PerRequest
from fastapi_session_lint.questions.queries import Queries
from fastapi_session_lint.questions.reached import Reached
from fastapi_session_lint.questions.registries import Registries
from fastapi_session_lint.questions.requests import Requests
from fastapi_session_lint.questions.second_sessions import SecondSessions
from fastapi_session_lint.questions.session_engines import SessionEngines
from fastapi_session_lint.questions.sessions import Creation, Sessions
from fastapi_session_lint.questions.shared import Shared
from fastapi_session_lint.questions.slow_calls import SlowCalls
from fastapi_session_lint.questions.streaming import Streaming
from fastapi_session_lint.questions.textual_sql import TextualSql
from fastapi_session_lint.questions.transactions import Transactions
from fastapi_session_lint.questions.unentered import Unentered, unentered_managers
from fastapi_session_lint.questions.unguarded import unguarded_commits, unguarded_shared_commits
from fastapi_session_lint.questions.websockets import Websockets
from fastapi_session_lint.questions.work_units import WorkUnits
from fastapi_session_lint.questions.writes import Writes
from fastapi_session_lint.questions.writing import Writing
from fastapi_session_lint.questions.yield_errors import Swallowed, swallowed_errors
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.versions import Versions, version


class Context:
    """The linked project as rules see it."""

    def __init__(
        self,
        modules: Iterable[Module],
        imports: ImportMap,
        settings: Settings,
        report: Collection[str] | None = None,
        versions: Mapping[str, Versions] | None = None,
    ) -> None:
        """`imports` knows all files, also those that were not lowered; `report` is what to `look_at` first.

        `versions` tells the releases for paths, where the settings do not.
        """
        self.settings = settings
        self._told_versions = versions or {}
        self._versions: dict[str, Versions] = {}
        self.names = Names(modules, imports)
        self.roles = Roles(self.names, settings.session_factory_names)
        self.value = self.roles.value
        self.effects = Effects(self.roles)
        self.framework = Framework(self.names, self.roles)
        self.contents = self.framework.contents
        self.is_test = self.framework.is_test
        self.visited = next(iter(self.names.modules), "")
        self.look_at(report)
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

    def look_at(self, report: Collection[str] | None) -> None:
        """Limit `scopes` to those of the files at some paths, of all where None.

        No answer may rest on this: it is for rules to go through, and answers outlast it.
        """
        modules = self.names.modules
        self._looked_at = (
            list(modules.values()) if report is None else [modules[path] for path in sorted(report) if path in modules]
        )
        self._functions = [(one, found) for one in self._looked_at if (found := self.names.functions_in(one))]
        self._classes = [(one, found) for one in self._looked_at if (found := self.names.classes_in(one))]

    def _reported(self, scopes: Iterable[tuple[Scope, Iterable[Scope]]]) -> Iterator[Scope]:
        """Those of each module; the one looked at is kept at hand, for whoever has to say where a rule crashed."""
        for module, some in scopes:
            self.visited = module.module.path
            yield from some

    def modules(self) -> Iterator[Scope]:
        """The module scopes to report on."""
        return self._reported((one, (one,)) for one in self._looked_at)

    def functions(self) -> Iterator[Scope]:
        """The function scopes to report on, lambdas too."""
        return self._reported(self._functions)

    def classes(self) -> Iterator[Scope]:
        """The class scopes to report on."""
        return self._reported(self._classes)

    def span(self, scope: Scope, place: int) -> Span:
        """Where a place of a scope's module is."""
        return scope.module.places[place] if place != NOWHERE else Span(1, 0, 1, 0)

    def note(self, scope: Scope, place: int, message: str) -> Note:
        """A step of a trail."""
        return Note(scope.module.path, self.span(scope, place), message)

    def is_asked_for(self, code: str) -> bool:
        """Whether a rule runs because a selector names it, and not only because it is in the default set."""
        return self.settings.asks_for(code)

    # --- values ---

    def leaks(self, life: Life) -> list[tuple[bool, Point]]:
        """The ends at which the session still holds a connection: (failed, point).

        Not those behind a commit in a finally that fails, or behind a use of the session after its close: that commit
        and that use are the defects.
        """
        ends = [(failed, point) for failed, point in life.ends if point.state.status in LEAKING]
        if ends and life.is_closed_somewhere:
            ends = [one for one in ends if not self.after_close.has_opened_again(life, one[1])]
        final = self.final_commits.places(life.scope) if ends else frozenset[int]()
        return [one for one in ends if not final or getattr(life.last_raise(one[1]), "place", NOWHERE) not in final]

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

    def is_handed_on(self, scope: Scope, name: str) -> bool:
        """Whether other modules import a name from the module of a scope."""
        return is_handed_on(self, scope, name)

    # --- groups of questions, each with its own module and made when it is first asked ---

    shared = functools.cached_property(Shared)
    queries = functools.cached_property(Queries)
    blocking = functools.cached_property(Blocking)
    injections = functools.cached_property(Injections)
    direct_calls = functools.cached_property(DirectCalls)
    kept_markers = functools.cached_property(KeptMarkers)
    awaiting = functools.cached_property(Awaiting)
    async_calls = functools.cached_property(AsyncCalls)
    async_engines = functools.cached_property(AsyncEngines)
    evidence = functools.cached_property(Evidence)
    managers = functools.cached_property(Managers)
    drivers = functools.cached_property(Drivers)
    factories = functools.cached_property(Factories)
    event_loops = functools.cached_property(EventLoops)
    flights = functools.cached_property(Flights)
    duplicates = functools.cached_property(Duplicates)
    reached = functools.cached_property(Reached)
    per_request = functools.cached_property(PerRequest)
    transactions = functools.cached_property(Transactions)
    final_commits = functools.cached_property(FinalCommits)
    objects = functools.cached_property(Objects)
    loops = functools.cached_property(Loops)
    late_commits = functools.cached_property(LateCommits)
    requests = functools.cached_property(Requests)
    engines = functools.cached_property(Engines)
    cached = functools.cached_property(Cached)
    slow_calls = functools.cached_property(SlowCalls)
    registries = functools.cached_property(Registries)
    concurrency = functools.cached_property(Concurrency)
    background = functools.cached_property(Background)
    session_engines = functools.cached_property(SessionEngines)
    second_sessions = functools.cached_property(SecondSessions)
    streaming = functools.cached_property(Streaming)
    websockets = functools.cached_property(Websockets)
    handlers = functools.cached_property(Handlers)
    hidden_failures = functools.cached_property(HiddenFailures)
    own_sessions = functools.cached_property(OwnSessions)
    work_units = functools.cached_property(WorkUnits)
    after_close = functools.cached_property(AfterClose)
    writing = functools.cached_property(Writing)
    writes = functools.cached_property(Writes)
    credentials = functools.cached_property(Credentials)
    moved_names = functools.cached_property(MovedNames)
    textual_sql = functools.cached_property(TextualSql)
    overrides = functools.cached_property(Overrides)

    # --- more questions ---

    def generator_calls(self, scope: Scope) -> Iterator[GeneratorCall]:
        """The calls of generator dependencies that misuse them."""
        return generator_calls(self, scope)

    def failures(self, scope: Scope) -> Iterator[Failure]:
        """The commits and statements whose errors are caught without a rollback."""
        return failures(self, scope)

    def swallowed_errors(self, scope: Scope) -> Iterator[Swallowed]:
        """Where an endpoint's error ends in a dependency, and what kind of error that is."""
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

    def unentered_managers(self, scope: Scope) -> Iterator[Unentered]:
        """The context managers that give a session and are used as if they were it."""
        return unentered_managers(self, scope)

    def is_async_function(self, scope: Scope) -> bool:
        """Whether a scope is an `async def`."""
        return isinstance(scope.owner, Function) and scope.owner.is_async

    # --- versions ---

    def versions(self, scope: Scope) -> Versions:
        """The releases that a scope's module runs on: the settings', else the project's, else the newest."""
        path = scope.module.path
        if path not in self._versions:
            self._versions[path] = self._asked_versions.or_else(self._told_versions.get(path, Versions()))
        return self._versions[path]

    @functools.cached_property
    def _asked_versions(self) -> Versions:
        settings = self.settings
        return Versions(
            sqlalchemy=version(settings.sqlalchemy_version),
            sqlmodel=version(settings.sqlmodel_version),
            fastapi=version(settings.fastapi_version),
            python=version(settings.target_version),
        )


__all__ = ["Context", "Creation"]
