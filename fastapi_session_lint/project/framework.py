"""What FastAPI, pytest and start-up code call by themselves: dependencies, routes, fixtures, life-span functions."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Collection,
    Compare,
    Constant,
    Expression,
    Name,
    Subscript,
    last_name,
)
from fastapi_session_lint.model.syntax import Function, If, Imported, Module
from fastapi_session_lint.model.walk import all_expressions
from fastapi_session_lint.project.contents import Contents, Wanted
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.startup import Startup
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    Library,
    LibraryObject,
    MarkerValue,
    ObjectValue,
    Scope,
    Value,
)


def calls_of(scope: Scope) -> tuple[Call, ...]:
    """The calls in the body of a module, class or function itself, in the order in which they end."""
    return scope.module.calls if scope.owner is None else scope.owner.calls


class Framework:
    """Who is called by the framework; found once for a whole project."""

    def __init__(self, names: Names, roles: Roles) -> None:
        self.names = names
        self.roles = roles
        self.contents = Contents(roles)

    # --- dependencies ---

    @functools.cached_property
    def _dependencies(self) -> dict[int, list[MarkerValue]]:
        """The markers that name a function or class as a dependency, by the identity of its scope."""
        found: dict[int, list[MarkerValue]] = defaultdict(list)
        for marker in self.all_markers:
            if marker.target is not None:
                self._note_target(found, self.roles.value(marker.target, marker.scope), marker)
        for scope in self.names.functions:
            self._note_bare(found, scope)
        for scope, _, value in self.overrides():
            self._note_target(found, self.roles.value(value, scope), None)
        for scope, value in self.roles.contexts.getters():
            self._note_target(found, self.roles.value(value, scope), None)
        return found

    @functools.cached_property
    def all_markers(self) -> tuple[MarkerValue, ...]:
        """Every `Depends(…)` of the project, in the order of the files."""
        found = []
        for module in self.names.modules.values():
            aliases = _marker_names(module.module)
            for scope in (module, *self.names.functions_in(module), *self.names.classes_in(module)):
                for call in calls_of(scope) if self.contents.calls_any(aliases, scope) else ():
                    marker = self.roles.value(call, scope) if last_name(call.function) in aliases else None
                    if isinstance(marker, MarkerValue):
                        found.append(marker)
        return tuple(found)

    def _note_bare(self, found: dict[int, list[MarkerValue]], scope: Scope) -> None:
        """`x: Service = Depends()`, also inside Annotated, names the class of the annotation."""
        assert isinstance(scope.owner, Function)
        for parameter in scope.owner.parameters:
            is_call = isinstance(parameter.default, Call) and not parameter.default.arguments
            if not is_call and not isinstance(parameter.annotation, Subscript | Name):
                continue
            marker = self.roles.marker(parameter, scope)
            if marker is not None and marker.target is None:
                self._note_target(found, self.roles.dependency(marker, parameter, scope), marker)

    def markers_in(self, scope: Scope) -> list[MarkerValue]:
        """The `Depends(…)` that stand in the body of a module, class or function itself."""
        return self._markers_by_scope.get(id(scope), [])

    @functools.cached_property
    def _markers_by_scope(self) -> dict[int, list[MarkerValue]]:
        found: dict[int, list[MarkerValue]] = defaultdict(list)
        for marker in self.all_markers:
            found[id(marker.scope)].append(marker)
        return found

    def _note_target(
        self, found: dict[int, list[MarkerValue]], target: Value | None, marker: MarkerValue | None
    ) -> None:
        if isinstance(target, ObjectValue):
            target = self.roles.member(target.of, "__call__", target)
        if isinstance(target, FunctionValue | ClassValue):
            found[id(target.scope)] += [] if marker is None else [marker]

    def overrides(self) -> Iterator[tuple[Scope, Expression, Expression]]:
        """What `app.dependency_overrides[key] = value`, or a dict assigned to it, puts in place of what."""
        for scope in self.names.all_scopes():
            stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
            for store in stores:
                match store.target:
                    case Subscript(Attribute(_, "dependency_overrides"), key):
                        yield scope, key, store.value
                    case Attribute(_, "dependency_overrides") if isinstance(store.value, Collection):
                        for key, value in zip(store.value.items[::2], store.value.items[1::2], strict=False):
                            yield scope, key, value

    def callers(self, scope: Scope) -> list[Scope]:
        """The scopes that call a function."""
        return self._callers.get(id(scope), [])

    def is_dependency(self, scope: Scope) -> bool:
        """Whether a function or class is named by Depends, Security or an override."""
        return id(scope) in self._dependencies

    def markers(self, scope: Scope) -> list[MarkerValue]:
        """The `Depends(…)` that name a function or class."""
        return self._dependencies.get(id(scope), [])

    # --- routes, fixtures, start-up ---

    def is_route(self, scope: Scope) -> bool:
        """Whether a function is a path operation: decorated by a method of an app or router, or registered by one."""
        if not isinstance(scope.owner, Function):
            return False
        if id(scope) in self._registered:
            return True
        decorators = scope.owner.decorators
        return bool(decorators) and any(self.is_route_decorator(one, scope.outer or scope) for one in decorators)

    @functools.cached_property
    def _registered(self) -> frozenset[int]:
        """The functions in `router.post("/rows")(create)` and `router.add_api_route("/rows", create)`."""
        found: set[int] = set()
        for scope in (*self.names.all_scopes(), *self.names.classes):
            for call in calls_of(scope) if self.contents.calls_any(_REGISTRARS, scope) else ():
                endpoint = self._endpoint(call, scope)
                value = self.roles.value(endpoint, scope) if endpoint is not None else None
                if isinstance(value, FunctionValue):
                    found.add(id(value.scope))
        return frozenset(found)

    def _endpoint(self, call: Call, scope: Scope) -> Expression | None:
        match call.function:
            case Call() as decorator:
                given = call.arguments[0] if call.arguments else None
                is_plain = given is not None and given.name is None
                return given.value if given and is_plain and self.is_route_decorator(decorator, scope) else None
            case Attribute(_, method) if method in vocabulary.ROUTE_REGISTRARS:
                return argument(call, "endpoint", 1)
        kind = self.roles.value(call.function, scope) if last_name(call.function).endswith("Route") else None
        is_route = isinstance(kind, Library) and kind.name in vocabulary.ROUTE_CLASSES
        return argument(call, "endpoint", 1) if is_route else None

    def is_route_decorator(self, decorator: Expression, scope: Scope) -> bool:
        """Whether a decorator registers a path operation, and gives the function itself back."""
        match decorator:
            case Call(Attribute(owner, method), arguments, _) if method in vocabulary.ROUTE_METHODS:
                value = self.roles.value(owner, scope)
                if isinstance(value, LibraryObject):
                    return value.name in vocabulary.APPLICATIONS | vocabulary.ROUTERS
                first = arguments[0].value if arguments else None
                return isinstance(first, Constant) and str(first.value).startswith("/")
        return False

    def is_fixture(self, scope: Scope) -> bool:
        """Whether a function is a pytest fixture."""
        return self.roles.injection.fixtures.is_fixture(scope)

    def is_provider(self, scope: Scope) -> bool:
        """Whether a function is a provider of an injection container, which finishes its generators by itself."""
        return self._has_decorator(scope, vocabulary.PROVIDER_DECORATORS)

    def is_manager(self, scope: Scope) -> bool:
        """Whether a function is made a context manager by its decorator."""
        return self._has_decorator(scope, vocabulary.MANAGER_DECORATORS)

    def _has_decorator(self, scope: Scope, wanted: frozenset[str]) -> bool:
        owner = scope.owner
        if not isinstance(owner, Function) or not owner.decorators:
            return False
        return bool(self.roles.decorators(owner, scope) & wanted)

    def runs_at_startup(self, scope: Scope) -> bool:
        """Whether a function only ever runs before or after serving, or in a script: judged by all its callers."""
        return self.startup.only(scope)

    @functools.cached_property
    def startup(self) -> Startup:
        """The questions about when functions run."""
        return Startup(self)

    def is_test(self, scope: Scope) -> bool:
        """Whether a scope stands in a file of tests."""
        return self.names.imports.is_test(scope.module.path)

    @functools.cached_property
    def _callers(self) -> dict[int, list[Scope]]:
        found: dict[int, list[Scope]] = defaultdict(list)
        for scope in (*self.names.modules.values(), *self.names.functions):
            for call in calls_of(scope) if self.contents.calls_any(_FUNCTIONS, scope) else ():
                value = self.roles.value(call.function, scope)
                if isinstance(value, FunctionValue):
                    found[id(value.scope)].append(scope)
        return found

    # --- modules ---

    def main_calls(self, module: Module) -> frozenset[int]:
        """The identities of the calls under `if __name__ == "__main__":`."""
        found: set[int] = set()
        for statement in module.body:
            match statement:
                case If(Compare(Name("__name__"), "==", _) | Compare(_, "==", Name("__name__")), body, _, _):
                    found |= {id(one) for one in all_expressions(body) if isinstance(one, Call)}
        return frozenset(found)


_REGISTRARS: Wanted = vocabulary.ROUTE_REGISTRARS | vocabulary.ROUTE_CLASSES | {""}
_FUNCTIONS: Wanted = frozenset({FunctionValue})


def _marker_names(module: Module) -> Wanted:
    """What `Depends` and `Security` are called in a module."""
    aliases: set[str | type[Value]] = {"Depends", "Security"}
    for name, definitions in module.bindings.items():
        if any(isinstance(one, Imported) and one.name in ("Depends", "Security") for one in definitions):
            aliases.add(name)
    return frozenset(aliases)
