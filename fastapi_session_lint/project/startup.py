"""What only ever runs before or after serving, or in a script: judged by all who call a function, or hand it on."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Choice,
    Collection,
    Expression,
    Logic,
    Name,
    last_name,
)
from fastapi_session_lint.model.syntax import OWN_LEVEL, Assigned, Class, Function, Skipped
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    LibraryObject,
    ModuleValue,
    ObjectValue,
    Scope,
)

if TYPE_CHECKING:
    from fastapi_session_lint.project.framework import Framework

Key = int
"""A function, by the identity of its scope, or a def that was not lowered, by its own."""


class _Caller(NamedTuple):
    """Who calls a function or hands it on: another one by its key, None for a script or a module at import.

    `is_known`: whether it is known when the function will run. `is_let_go`: it runs on beside its caller.
    """

    key: Key | None
    is_known: bool
    is_test: bool
    is_let_go: bool = False


class Startup:
    """The answer to "does it run while requests are served"."""

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._names = framework.names
        self._roles = framework.roles
        self._known: dict[Key, bool] = {}
        self._serving: dict[Key, bool] = {}
        self._scripts: dict[Key, bool] = {}
        self._one_off: dict[Key, bool] = {}

    def only(self, scope: Scope) -> bool:
        """Whether a function runs at start-up, at shutdown, or in a script, and at no other time."""
        key = id(scope)
        if key not in self._known:
            self._known[key] = self._starts(key, self._framework.is_test(scope), False, frozenset())
        return self._known[key]

    def _starts(self, key: Key, is_test: bool, in_script: bool, seen: frozenset[Key]) -> bool:
        """Whether a function only runs at start-up or, with `in_script`, in a script that never serves.

        Tests are no evidence of when the application calls something. A task that a life span lets go runs while the
        server serves.
        """
        scope = self._functions.get(key)
        if scope is not None and (self._framework.is_route(scope) or self._framework.is_dependency(scope)):
            return False
        if key in self._started:
            return not in_script
        if key in seen:
            return True
        callers = [one for one in self._callers.get(key, ()) if is_test or not one.is_test]
        return bool(callers) and all(
            one.is_known
            if one.key is None
            else self._starts(one.key, one.is_test, in_script or one.is_let_go, seen | {key})
            for one in callers
        )

    def is_registered(self, scope: Scope) -> bool:
        """Whether a function is given to the framework for start-up, shutdown or as the life span."""
        return id(scope) in self._started

    def is_script(self, scope: Scope) -> bool:
        """Whether a module runs an event loop at its own level, and serves no requests."""
        key = id(scope)
        if key not in self._scripts:
            runs_loop = any(self._runs_loop(call, scope) for call in scope.module.calls)
            self._scripts[key] = runs_loop and not self._serves(scope)
        return self._scripts[key]

    def is_one_off(self, scope: Scope) -> bool:
        """Whether a module is run, not imported: nobody imports it, it serves nothing, and it calls what it defines."""
        key = id(scope)
        if key not in self._one_off:
            self._one_off[key] = self._is_run(scope)
        return self._one_off[key]

    def _is_run(self, scope: Scope) -> bool:
        if scope.module.path in self._imported or self._serves(scope):
            return False
        called = (self._names.bindings(scope).get(last_name(call.function) or "", ()) for call in scope.module.calls)
        return any(isinstance(one, Function) for definitions in called for one in definitions)

    @functools.cached_property
    def _imported(self) -> frozenset[str]:
        return frozenset(path for scope in self._names.modules.values() for path in self._names.imported_paths(scope))

    def _serves(self, scope: Scope) -> bool:
        """Whether a module makes an application or a router."""
        if id(scope) not in self._serving:
            made = (self._roles.value(call, scope) for call in scope.module.calls)
            self._serving[id(scope)] = any(isinstance(one, LibraryObject) and one.name in _SERVING for one in made)
        return self._serving[id(scope)]

    def _runs_loop(self, call: Call, scope: Scope) -> bool:
        if last_name(call.function) in vocabulary.LOOP_METHODS:
            return True
        return getattr(self._roles.value(call.function, scope), "name", "") in vocabulary.ASYNC_RUNNERS

    # --- what the framework or an event loop starts ---

    @functools.cached_property
    def _functions(self) -> dict[Key, Scope]:
        return {id(scope): scope for scope in self._names.functions}

    @functools.cached_property
    def _started(self) -> frozenset[Key]:
        """What is handed to `lifespan=`, `on_event`, `add_event_handler`."""
        found: set[Key] = set()
        for key, scope in self._functions.items():
            assert isinstance(scope.owner, Function)
            for decorator in scope.owner.decorators:
                match decorator:
                    case Call(Attribute(_, method), _, _) if method in vocabulary.STARTUP_METHODS:
                        found.add(key)
        for scope in self._names.all_scopes():
            for call in _calls(scope) if self._framework.contents.calls_any(_HANDED, scope) else ():
                given = [one.value for one in call.arguments if one.name in vocabulary.STARTUP_OPTIONS]
                if last_name(call.function) in vocabulary.STARTUP_REGISTRARS:
                    given = [one.value for one in call.arguments]
                for value in given:
                    for one, home in self._registered(value, scope):
                        if (handed := self._key(one, home)) is not None:
                            found.add(handed)
        return frozenset(found)

    def _registered(self, value: Expression, scope: Scope, depth: int = 0) -> Iterator[tuple[Expression, Scope]]:
        """What a value may stand for that is given to the framework: one of several, or what callers pass by name."""
        match value:
            case Collection(_, items):
                parts = items
            case Logic(_, left, right) | Choice(_, left, right):
                parts = (left, right)
            case Name(name) if depth < _DEPTH and _is_parameter(name, scope):
                for given, home in self._passed_by_name(name, scope):
                    yield from self._registered(given, home, depth + 1)
                return
            case _:
                yield value, scope
                return
        for one in parts:
            yield from self._registered(one, scope, depth)

    def _passed_by_name(self, name: str, function: Scope) -> Iterator[tuple[Expression, Scope]]:
        for scope in self._names.all_scopes():
            for call in _calls(scope) if self._framework.contents.calls_any(frozenset({name}), scope) else ():
                for one in call.arguments:
                    if one.name == name and id(function) == self._key(call.function, scope):
                        yield one.value, scope

    # --- who calls ---

    @functools.cached_property
    def _callers(self) -> dict[Key, list[_Caller]]:
        found: dict[Key, list[_Caller]] = defaultdict(list)
        named = {scope.owner.name for scope in self._names.functions if isinstance(scope.owner, Function)}
        for scope in self._names.all_scopes():
            is_test = self._framework.is_test(scope)
            key = id(scope) if scope.owner is not None else None
            calls = _calls(scope)
            calls_any = self._framework.contents.calls_any
            run = _handed_calls(calls, vocabulary.LOOP_RUNNERS) if calls_any(vocabulary.LOOP_RUNNERS, scope) else ()
            starts = calls_any(vocabulary.TASK_STARTERS, scope)
            let_go = _handed_calls(calls, vocabulary.TASK_STARTERS) if starts else ()
            for call in calls:
                called = self._key(call.function, scope)
                if called is not None:
                    caller = None if id(call) in run else key
                    found[called].append(_Caller(caller, True, is_test, id(call) in let_go))
            keeper = _Caller(key, key is None and self.is_script(scope), is_test)
            for handed, taker in _handed_on(scope, named):
                called = self._key(handed, scope)
                if called is not None:
                    found[called].append(self._taker(taker, keeper, scope))
            for function in _lambdas(scope):
                found[id(self._names.scope_of(function))].append(keeper)
        for skipped, scope in self._skipped:
            caller = None if skipped.name == OWN_LEVEL else id(skipped)
            for one in skipped.calls:
                called = self._key(one, scope)
                if called is not None:
                    found[called].append(_Caller(caller, True, self._framework.is_test(scope)))
        return found

    def _taker(self, call: Call | None, keeper: _Caller, scope: Scope) -> _Caller:
        """Who calls what is handed to a call, or kept where there is none: of a scheduler, nobody knows when."""
        if call is None:
            return keeper
        value, method = self._roles.value(call.function, scope), last_name(call.function)
        if method in vocabulary.TASK_STARTERS:
            return keeper._replace(is_let_go=True)
        name = getattr(value, "name", "")
        if name in vocabulary.ASYNC_RUNNERS:
            return _Caller(None, True, keeper.is_test)
        is_known = name in vocabulary.OFFLOADERS | vocabulary.GATHERERS | vocabulary.PARTIAL
        if is_known or method in vocabulary.OFFLOADING_METHODS or self._is_ours(call.function, scope):
            return keeper
        return _Caller(None, False, keeper.is_test)

    def _is_ours(self, function: Expression, scope: Scope, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a function, or the object that it is a method of, is the project's, lowered or not.

        `seen` are the names on the way here: a name may be bound to the result of its own method.
        """
        if isinstance(self._roles.value(function, scope), FunctionValue | ClassValue | ObjectValue):
            return True
        if self.skipped_definition(function, scope) is not None:
            return True
        owner = function.value if isinstance(function, Attribute) else None
        if not isinstance(owner, Name) or owner.id in seen:
            return False
        made = (one.value for one in self._names.bindings(scope).get(owner.id, ()) if isinstance(one, Assigned))
        return any(self._is_ours(one.function, scope, seen | {owner.id}) for one in made if isinstance(one, Call))

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

    def _key(self, function: Expression, scope: Scope) -> Key | None:
        """The function of the project that an expression stands for, lowered or not."""
        value = self._roles.value(function, scope)
        if isinstance(value, FunctionValue):
            return id(value.scope)
        if value is None and self._skipped and (skipped := self.skipped_definition(function, scope)) is not None:
            return id(skipped)
        return None

    def skipped_definition(self, function: Expression, scope: Scope) -> Skipped | None:
        """The def or class that was not lowered for which a name, or an attribute of a module, stands."""
        found = None
        match function:
            case Name(name):
                found = self._names.resolve(name, scope)
            case Attribute(owner, name):
                module = self._roles.value(owner, scope)
                home = self._names.modules.get(module.path) if isinstance(module, ModuleValue) else None
                found = self._names.resolve(name, home) if home is not None else None
        definition = found[0][-1] if found is not None else None
        return definition if isinstance(definition, Skipped) else None


_DEPTH = 3
"""How many functions up the life span is followed that an application is given."""
_NAMES = frozenset({Name, Attribute, Collection})
"""What may name a function, or hold something that does."""
_HANDED: Wanted = vocabulary.STARTUP_OPTIONS | vocabulary.STARTUP_REGISTRARS
_SERVING = vocabulary.APPLICATIONS | vocabulary.ROUTERS


def _is_parameter(name: str, scope: Scope) -> bool:
    return isinstance(scope.owner, Function) and any(one.name == name for one in scope.owner.parameters)


def _calls(scope: Scope) -> tuple[Call, ...]:
    return scope.module.calls if scope.owner is None else scope.owner.calls


def _lambdas(scope: Scope) -> tuple[Function, ...]:
    return scope.module.lambdas if scope.owner is None else scope.owner.lambdas


def _handed_calls(calls: Iterable[Call], takers: Container[str]) -> frozenset[int]:
    """The identities of the calls that stand as an argument of a call of one of some functions."""
    return frozenset(id(one.value) for call in calls if last_name(call.function) in takers for one in call.arguments)


def _handed_on(scope: Scope, named: Container[str]) -> Iterator[tuple[Expression, Call | None]]:
    """What a scope passes to a call, keeps, or gives another name, of what ends in one of some names."""
    bindings = scope.module.bindings if scope.owner is None else scope.owner.bindings
    stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
    values: list[tuple[Expression, Call | None]] = []
    for call in _calls(scope):
        for one in call.arguments:
            value = one.value
            if type(value) is Collection or (type(value) in _NAMES and last_name(value) in named):
                values.append((value, call))
    values += [(one.value, None) for found in bindings.values() for one in found if isinstance(one, Assigned)]
    values += [(one.value, None) for one in ([] if isinstance(scope.owner, Class) else stores)]
    while values:
        value, taker = values.pop()
        if isinstance(value, Collection):
            values += [(one, taker) for one in value.items]
        elif type(value) in _NAMES and last_name(value) in named:
            yield value, taker
