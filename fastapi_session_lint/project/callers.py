"""What a parameter that says nothing of itself receives: from those who call its function, or from a decorator."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Constant, Expression, Name, Subscript, last_name
from fastapi_session_lint.model.syntax import Assigned, Function, Imported, Parameter, Skipped
from fastapi_session_lint.project.arguments import argument_for
from fastapi_session_lint.project.combining import combine
from fastapi_session_lint.project.libraries import has_stars, provided
from fastapi_session_lint.project.values import (
    ClassValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    Library,
    LibraryObject,
    ModuleValue,
    ObjectValue,
    Scope,
    SessionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles

_CALLERS = 1000
"""A function that is called from more places is not asked about: its name is most likely that of many others."""
_DEPTH = 8
"""Through how many names a value is traced to what makes it."""
_SYNC_NAMES = vocabulary.SYNC_SESSION_CLASSES | vocabulary.SCOPED_MAKERS | vocabulary.ENGINE_MAKERS


class Callers:
    """The answer to "what do they pass".

    All calls that are understood must agree. Only sessions, factories and objects of the project's own classes are
    believed: a callback or a plain value says little of what the next caller will pass. But for sessions, every call
    must be understood: what does the same with whatever it gets does it with the session, too.
    """

    def __init__(self, roles: Roles) -> None:
        self._roles = roles

    def passed(self, parameter: Parameter, place: Scope) -> Value | None:
        """What a parameter without annotation and default receives in the function whose scope is `place`."""
        function = place.owner
        if not isinstance(function, Function):
            return None
        if all(
            self._roles.decorator_name(one, place.outer or place) in vocabulary.BINDING_DECORATORS
            for one in function.decorators
        ):
            passed = list(self._by_callers(parameter, place, function))
            value = combine(passed)
            if None in passed and not isinstance(value, SessionValue):
                return None
        else:
            value = combine(self._by_decorators(parameter, place, function))
        return value if isinstance(value, SessionValue | FactoryValue | ObjectValue) or _has_session(value) else None

    def passes_engine(self, parameter: Parameter, place: Scope) -> bool:
        """Whether somebody calls the function whose scope is `place`, and all pass an engine for a parameter."""
        passed = list(self._by_callers(parameter, place, place.owner)) if isinstance(place.owner, Function) else []
        return bool(passed) and all(isinstance(one, EngineValue) for one in passed)

    def belies(self, engine: EngineValue, parameter: Parameter, place: Scope) -> bool:
        """Whether somebody passes an engine of the other kind than a parameter's annotation says."""
        passed = self._by_callers(parameter, place, place.owner) if isinstance(place.owner, Function) else ()
        return any(isinstance(one, EngineValue) and one.is_async != engine.is_async for one in passed)

    def other_session(self, declared: SessionValue, parameter: Parameter, place: Scope) -> SessionValue | None:
        """The session that every caller passes, where it is of the other kind than a parameter's annotation says.

        Nobody is asked where no module imports anything by which there could be such sessions: it leads far.
        """
        if (not declared.is_async) not in self._imported_kinds:
            return None
        passed = list(self._by_callers(parameter, place, place.owner)) if isinstance(place.owner, Function) else []
        value = combine(passed) if all(isinstance(one, SessionValue) for one in passed) else None
        if not isinstance(value, SessionValue) or value.is_guessed:
            return None
        return value if value.is_async != declared.is_async else None

    @functools.cached_property
    def _imported_kinds(self) -> frozenset[bool]:
        """Whether something is imported by which sessions are made that are async, and that are not."""
        modules = (one.module for one in self._roles.names.modules.values())
        bound = (one for module in modules for definitions in module.bindings.values() for one in definitions)
        kinds = (_kind(one) for one in bound if isinstance(one, Imported))
        return frozenset(one for one in kinds if one is not None)

    # --- those who call ---

    @functools.cached_property
    def _calls(self) -> dict[str, list[tuple[Call, Scope]]]:
        """Every call of the project by the last name of what is called, by a thread or a background task as well."""
        found: dict[str, list[tuple[Call, Scope]]] = defaultdict(list)
        for scope in (*self._roles.names.all_scopes(), *self._roles.names.classes):
            for call in scope.module.calls if scope.owner is None else scope.owner.calls:
                name = last_name(call.function)
                found[name].append((call, scope))
                if name in vocabulary.PASSING_CALLERS and (passed := provided(call)) is not None:
                    found[last_name(passed.function)].append((passed, scope))
        return found

    @functools.cached_property
    def _made_by(self) -> dict[int, list[str]]:
        """The names of the classes that an `__init__` makes objects of, by the identity of its scope."""
        found: dict[int, list[str]] = defaultdict(list)
        for scope in self._roles.names.classes:
            maker = self._roles.member(ClassValue(scope), "__init__", None)
            if isinstance(maker, FunctionValue) and scope.owner is not None:
                found[id(maker.scope)].append(scope.owner.name)
        return found

    def givers(self, parameter: Parameter, place: Scope) -> Iterator[tuple[Expression, Scope]]:
        """What the callers of the function whose scope is `place` give to a parameter, as far as it can be seen."""
        assert isinstance(place.owner, Function)
        for given, scope in self._givers(parameter, place, place.owner):
            if given is not None:
                yield given, scope

    def _by_callers(self, parameter: Parameter, place: Scope, function: Function) -> Iterator[Value | None]:
        for given, scope in self._givers(parameter, place, function):
            yield self._given(given, scope)

    def _givers(
        self, parameter: Parameter, place: Scope, function: Function
    ) -> Iterator[tuple[Expression | None, Scope]]:
        names = {function.name, *self._made_by.get(id(place), ())} - {""}
        could_give = _could_give(parameter, function)
        calls = [one for name in sorted(names) for one in self._calls.get(name, ()) if could_give(one[0])]
        is_test = self._roles.names.imports.is_test
        for call, scope in calls if len(calls) <= _CALLERS else ():
            if is_test(scope.module.path) and not is_test(place.module.path):
                continue  # what a test passes need not be what the application passes
            called = self._roles.value(call.function, scope)
            if isinstance(called, ClassValue):
                called = self._roles.member(called, "__init__", ObjectValue(called))
            if isinstance(called, FunctionValue) and called.scope is place:
                given = argument_for(parameter, function, call, called.receiver is not None)
                if has_stars(call) or not self._says_nothing(given, scope, parameter):
                    yield given, scope

    def _says_nothing(self, given: Expression | None, scope: Scope, parameter: Parameter) -> bool:
        """None, the default, and the parameter itself, passed on by a function that calls itself."""
        if isinstance(given, Name):
            found = self._roles.names.lookup(given.id, scope)
            return found is not None and found[0] == (parameter,)
        return given is None or (isinstance(given, Constant) and given.value is None)

    def _given(self, given: Expression | None, scope: Scope) -> Value | None:
        """A literal, and what comes from code that concerns no session, are told apart from what is not known."""
        if isinstance(given, Constant):
            return LibraryObject(given.kind) if given.value is not None else None
        value = None if given is None else self._roles.value(given, scope)
        return LibraryObject("") if value is None and given is not None and self._is_skipped(given, scope) else value

    def _is_skipped(self, given: Expression, scope: Scope, depth: int = 0) -> bool:
        """Whether a value is made by a def or class of the project that was not worth reading."""
        if depth > _DEPTH:
            return False
        match given:
            case Call(function):
                return self._is_skipped(function, scope, depth + 1)
            case Name(name):
                found = self._roles.names.resolve(name, scope)
            case Attribute(owner, name) if isinstance(module := self._roles.value(owner, scope), ModuleValue):
                found = self._roles.names.member(module.path, name)
            case Attribute(owner):
                return self._is_skipped(owner, scope, depth + 1)
            case _:
                return False
        match found:
            case ((Skipped(),), _):
                return True
            case ((Assigned(value),), home) if home is scope:
                return self._is_skipped(value, scope, depth + 1)
        return False

    # --- decorators ---

    def _by_decorators(self, parameter: Parameter, place: Scope, function: Function) -> Iterator[Value | None]:
        for decorator in function.decorators:
            value = self._roles.value(decorator, place.outer or place)
            if isinstance(value, ObjectValue):
                value = self._roles.member(value.of, "__call__", value)
            if isinstance(value, FunctionValue):
                yield self._given_by(value, parameter, function)

    def _given_by(self, decorator: FunctionValue, parameter: Parameter, function: Function) -> Value | None:
        """What a wrapper within a decorator passes on to the function that the decorator was given."""
        position = int(decorator.receiver is not None)
        wrapped = decorator.function.parameters[position : position + 1]
        if not wrapped:
            return None
        return combine(
            self._passed_on(call, scope, parameter, function)
            for scope in self._within(decorator.scope)
            for call in self._calls_in(scope)
            if isinstance(call.function, Name) and call.function.id == wrapped[0].name
        )

    def _within(self, scope: Scope) -> Iterator[Scope]:
        for definitions in self._roles.names.bindings(scope).values():
            for one in definitions:
                if isinstance(one, Function):
                    yield self._roles.names.scope_of(one)

    def _calls_in(self, scope: Scope) -> tuple[Call, ...]:
        return scope.owner.calls if scope.owner is not None else ()

    def _passed_on(self, call: Call, scope: Scope, parameter: Parameter, function: Function) -> Value | None:
        given = argument_for(parameter, function, call, is_bound=False)
        if given is None and any(one.star == "**" for one in call.arguments):
            given = _added_option(scope, parameter.name)
        return self._given(given, scope)


def _kind(imported: Imported) -> bool | None:
    """Whether an import brings async sessions, or plain ones; None for neither."""
    if vocabulary.ASYNC_PACKAGE in imported.module:
        return True
    if imported.name is None:
        return False if f"{imported.module}.".startswith(vocabulary.STATEMENT_MODULES) else None
    return False if f"{imported.module}.{imported.name}" in _SYNC_NAMES else None


def _has_session(value: Value | None) -> bool:
    """Whether a thing of a library has the session that a middleware keeps as its attribute."""
    return isinstance(value, Library) and value.name in vocabulary.PROXY_SESSION_OWNERS


def _could_give(parameter: Parameter, function: Function) -> Callable[[Call], bool]:
    """A quick test whether a call of the same name may give something to a parameter; a method has an object first."""
    by_position = [one for one in function.parameters if one.kind == "positional"]
    least = max(by_position.index(parameter), 1) if parameter in by_position else None
    name = parameter.name

    def could_give(call: Call) -> bool:
        given = call.arguments
        return (least is not None and len(given) >= least) or any(one.star or one.name == name for one in given)

    return could_give


def _added_option(scope: Scope, name: str) -> Expression | None:
    """`options["name"] = value` on the wrapper's own `**options`."""
    assert isinstance(scope.owner, Function)
    options = {one.name for one in scope.owner.parameters if one.kind == "**"}
    for store in scope.owner.stores:
        match store.target:
            case Subscript(Name(target), Constant("text", key)) if target in options and key == name:
                return store.value
    return None
