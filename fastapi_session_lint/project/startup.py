"""What only ever runs before or after serving, or in a script: judged by everything that calls a function, or hands it on."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Collection,
    Expression,
    Name,
    last_name,
)
from fastapi_session_lint.model.syntax import (
    OWN_LEVEL,
    Assigned,
    Class,
    Function,
    Skipped,
)
from fastapi_session_lint.project.values import (
    FunctionValue,
    LibraryObject,
    ModuleValue,
    Scope,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.framework import Framework

Key = int
"""A function, by the identity of its scope, or a def that was not lowered, by its own."""


class _Caller(NamedTuple):
    """Who calls a function or hands it on: another one by its key, None for a module or class itself.

    `is_known`: whether it is known when the function will run; at import, where a module calls it.
    """

    key: Key | None
    is_known: bool
    is_test: bool


class Startup:
    """The answer to "does it run while requests are served"."""

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._names = framework.names
        self._roles = framework.roles

    def only(self, scope: Scope) -> bool:
        """Whether a function runs at start-up, at shutdown, or in a script, and at no other time."""
        return self._starts(id(scope), self._framework.is_test(scope), frozenset())

    def _starts(self, key: Key, is_test: bool, seen: frozenset[Key]) -> bool:
        """Tests are no evidence of when the application calls something."""
        scope = self._functions.get(key)
        if scope is not None and (
            self._framework.is_route(scope) or self._framework.is_dependency(scope)
        ):
            return False
        if key in self._started or key in seen:
            return True
        callers = [
            one for one in self._callers.get(key, ()) if is_test or not one.is_test
        ]
        return bool(callers) and all(
            one.is_known
            if one.key is None
            else self._starts(one.key, one.is_test, seen | {key})
            for one in callers
        )

    def is_script(self, scope: Scope) -> bool:
        """Whether a module runs an event loop at its own level, and serves no requests."""
        calls = scope.module.calls
        if not any(self._runs_loop(call, scope) for call in calls):
            return False
        made = (self._roles.value(call, scope) for call in calls)
        serving = vocabulary.APPLICATIONS | vocabulary.ROUTERS
        return not any(
            isinstance(one, LibraryObject) and one.name in serving for one in made
        )

    def _runs_loop(self, call: Call, scope: Scope) -> bool:
        if last_name(call.function) in vocabulary.LOOP_METHODS:
            return True
        return (
            getattr(self._roles.value(call.function, scope), "name", "")
            in vocabulary.ASYNC_RUNNERS
        )

    # --- what the framework or an event loop starts ---

    @functools.cached_property
    def _functions(self) -> dict[Key, Scope]:
        return {id(scope): scope for scope in self._names.functions}

    @functools.cached_property
    def _started(self) -> frozenset[Key]:
        """What is handed to `lifespan=`, `on_event`, `add_event_handler`, or run by `asyncio.run`."""
        found: set[Key] = set()
        for key, scope in self._functions.items():
            assert isinstance(scope.owner, Function)
            for decorator in scope.owner.decorators:
                match decorator:
                    case Call(Attribute(_, method), _, _) if (
                        method in vocabulary.STARTUP_METHODS
                    ):
                        found.add(key)
        for scope in self._names.all_scopes():
            for call in _calls(scope):
                for one in self._started_by(call):
                    found.update(self._keys(one, scope))
        return frozenset(found)

    def _started_by(self, call: Call) -> Iterator[Expression]:
        name = last_name(call.function)
        for one in call.arguments:
            if (
                one.name in vocabulary.STARTUP_OPTIONS
                or name in vocabulary.STARTUP_REGISTRARS
            ):
                yield from (
                    one.value.items
                    if isinstance(one.value, Collection)
                    else (one.value,)
                )
            elif name in vocabulary.LOOP_METHODS | {"run"} and isinstance(
                one.value, Call
            ):
                yield one.value.function

    # --- who calls ---

    @functools.cached_property
    def _callers(self) -> dict[Key, list[_Caller]]:
        found: dict[Key, list[_Caller]] = defaultdict(list)
        named = {
            scope.owner.name
            for scope in self._names.functions
            if isinstance(scope.owner, Function)
        }
        for scope in self._names.all_scopes():
            is_test = self._framework.is_test(scope)
            key = id(scope) if scope.owner is not None else None
            for call in _calls(scope):
                for called in self._keys(call.function, scope):
                    found[called].append(_Caller(key, True, is_test))
            is_script = key is None and self.is_script(scope)
            for one in _handed_on(scope):
                if last_name(one) in named:
                    for called in self._keys(one, scope):
                        found[called].append(_Caller(key, is_script, is_test))
            for function in _lambdas(scope):
                found[id(self._names.scope_of(function))].append(
                    _Caller(key, is_script, is_test)
                )
        for skipped, scope in self._skipped:
            caller = None if skipped.name == OWN_LEVEL else id(skipped)
            for one in skipped.calls:
                for called in self._keys(one, scope):
                    found[called].append(
                        _Caller(caller, True, self._framework.is_test(scope))
                    )
        return found

    @functools.cached_property
    def _skipped(self) -> tuple[tuple[Skipped, Scope], ...]:
        """The defs and classes that were not lowered, and the scope in which their calls are understood."""
        return tuple(
            (one, scope)
            for scope in (*self._names.modules.values(), *self._names.classes)
            for definitions in self._names.bindings(scope).values()
            for one in definitions
            if isinstance(one, Skipped) and one.calls
        )

    def _keys(self, function: Expression, scope: Scope) -> Iterator[Key]:
        """The function of the project that an expression stands for, lowered or not."""
        value = self._roles.value(function, scope)
        if isinstance(value, FunctionValue):
            yield id(value.scope)
        elif value is None and self._skipped:
            found = None
            match function:
                case Name(name):
                    found = self._names.resolve(name, scope)
                case Attribute(owner, name):
                    module = self._roles.value(owner, scope)
                    home = (
                        self._names.modules.get(module.path)
                        if isinstance(module, ModuleValue)
                        else None
                    )
                    found = (
                        self._names.resolve(name, home) if home is not None else None
                    )
            if found is not None and isinstance(found[0][-1], Skipped):
                yield id(found[0][-1])


def _calls(scope: Scope) -> tuple[Call, ...]:
    return scope.module.calls if scope.owner is None else scope.owner.calls


def _lambdas(scope: Scope) -> tuple[Function, ...]:
    return scope.module.lambdas if scope.owner is None else scope.owner.lambdas


def _handed_on(scope: Scope) -> Iterator[Expression]:
    """The names and attributes that a scope passes on, keeps, or gives another name."""
    bindings = scope.module.bindings if scope.owner is None else scope.owner.bindings
    stores = (
        scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
    )
    values = [one.value for call in _calls(scope) for one in call.arguments]
    values += [
        one.value
        for found in bindings.values()
        for one in found
        if isinstance(one, Assigned)
    ]
    values += [one.value for one in ([] if isinstance(scope.owner, Class) else stores)]
    while values:
        value = values.pop()
        if isinstance(value, Name | Attribute):
            yield value
        elif isinstance(value, Collection):
            values += value.items
