"""By which calls a function is reached from what runs over and over: a request, or a task of a queue."""

from __future__ import annotations

import enum
import functools
import itertools
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import NOWHERE, Attribute, Call, Expression, last_name
from fastapi_session_lint.model.syntax import Class, Function
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    Library,
    LibraryObject,
    ObjectValue,
    Scope,
    Value,
)
from fastapi_session_lint.questions.conditions import NONE, Conditions, conditions_of, left_to
from fastapi_session_lint.questions.guards import Guards
from fastapi_session_lint.questions.keeping import Keeping

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Occasion(enum.Enum):
    """What makes a function run again and again."""

    REQUEST = enum.auto()
    """It is a route or a dependency."""
    TASK = enum.auto()
    """It is a task of a queue, or a job of a scheduler."""


class Step(NamedTuple):
    """A call that stands in a function; the last step of a way is in what runs over and over."""

    scope: Scope
    call: Call


class Way(NamedTuple):
    """How a call is reached: its steps from the call itself up to the function that runs over and over."""

    occasion: Occasion
    steps: tuple[Step, ...]

    @property
    def entry(self) -> Scope:
        """The route, the dependency, or the task."""
        return self.steps[-1].scope

    @property
    def is_task(self) -> bool:
        """Whether it is no request that comes here."""
        return self.occasion is Occasion.TASK

    @property
    def entry_name(self) -> str:
        """What that function is called."""
        return _name(self.entry)

    @property
    def entry_place(self) -> int:
        """Where that function is defined, a place of its module."""
        return self.entry.owner.place if self.entry.owner is not None else NOWHERE

    @property
    def calls(self) -> Iterator[tuple[Scope, Call, str]]:
        """The calls that lead from there, the first one first, each with the name of what it calls."""
        for (called, _), (scope, call) in reversed(list(itertools.pairwise(self.steps))):
            yield scope, call, _name(called)


class Reached:
    """The question "does each request come here", asked over the calls of the whole project."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._framework = context.framework

    def way(self, call: Call, scope: Scope) -> Way | None:
        """The shortest way to a call that is made anew on each of its steps, and whose result is kept on none.

        None where every way has a cache or a guard, and where the call runs at import, start-up, or in a script.
        """
        queue: deque[tuple[tuple[Step, ...], Conditions]] = deque([((Step(scope, call),), NONE)])
        seen = {(id(scope), NONE)}
        while queue:
            steps, conditions = queue.popleft()
            here = steps[-1]
            keeping = Keeping(self._context, here.call, here.scope) if isinstance(here.scope.owner, Function) else None
            if keeping is None or Guards(self._context, keeping, here.scope).is_guarded() or keeping.is_kept():
                continue
            occasion = self.occasion(here.scope)
            if occasion is not None:
                return Way(occasion, steps)
            if self._is_cached(here.scope):
                continue
            conditions |= conditions_of(here.call, here.scope)
            for step in self._calls_of.get(id(here.scope), ()):
                left = left_to(step.call, step.scope, here.scope, conditions, self._context)
                if left is not None and (id(step.scope), left) not in seen:
                    seen.add((id(step.scope), left))
                    queue.append(((*steps, step), left))
        return None

    # --- what runs over and over ---

    def occasion(self, scope: Scope) -> Occasion | None:
        """What makes a function run again and again, if anything does, as far as it is not cached."""
        owner = scope.owner
        if not isinstance(owner, Function) or self._context.is_test(scope):
            return None
        if self._framework.is_route(scope):
            return None if self._has_cache(scope) else Occasion.REQUEST
        if self._is_injected(scope):
            return None if self._is_cached(scope) else Occasion.REQUEST
        return Occasion.TASK if self._is_task(scope) else None

    def _is_injected(self, scope: Scope) -> bool:
        """Whether `Depends` names a function, or the class that it initializes; overrides are the tests' matter."""
        owner, around = scope.owner, scope.enclosing_class
        assert isinstance(owner, Function)
        asked = around if around is not None and owner.name in vocabulary.INITIALIZERS else scope
        return any(not self._context.is_test(one.scope) for one in self._framework.markers(asked))

    def _is_task(self, scope: Scope) -> bool:
        owner = scope.owner
        assert isinstance(owner, Function)
        if id(scope) in self._jobs:
            return True
        decorators = (one.function if isinstance(one, Call) else one for one in owner.decorators)
        return any(_is_of_queue(self._context.value(one, scope.outer or scope)) for one in decorators)

    @functools.cached_property
    def _jobs(self) -> frozenset[int]:
        """The functions that are given to a scheduler or a queue: `scheduler.add_job(refresh, …)`."""
        found: set[int] = set()
        for scope in self._context.names.all_scopes():
            for call in calls_of(scope) if self._context.contents.calls_any(vocabulary.JOB_METHODS, scope) else ():
                if last_name(call.function) in vocabulary.JOB_METHODS and call.arguments:
                    value = self._context.value(call.arguments[0].value, scope)
                    if isinstance(value, FunctionValue) and _is_of_queue(self._context.value(call.function, scope)):
                        found.add(id(value.scope))
        return frozenset(found)

    # --- caches ---

    def _is_cached(self, scope: Scope) -> bool:
        """Whether a decorator, or the way in which the class makes its objects, may give back what was made before."""
        owner, around = scope.owner, scope.enclosing_class
        assert isinstance(owner, Function)
        if not self._decorators(owner, scope) <= vocabulary.TRANSPARENT_DECORATORS:
            return True
        if around is None or owner.name not in vocabulary.INITIALIZERS:
            return False
        definition = around.owner
        assert isinstance(definition, Class)
        decorators = {self._context.roles.decorator_name(one, around.outer or around) for one in definition.decorators}
        return bool(definition.keywords) or "__new__" in definition.bindings or not decorators <= vocabulary.DATACLASSES

    def _decorators(self, function: Function, scope: Scope) -> frozenset[str | None]:
        outer = scope.outer or scope
        return frozenset(self._context.roles.decorator_name(one, outer) for one in function.decorators)

    def _has_cache(self, scope: Scope) -> bool:
        owner = scope.owner
        assert isinstance(owner, Function)
        return any(name is not None and "cache" in name for name in self._decorators(owner, scope))

    # --- who calls ---

    @functools.cached_property
    def _calls_of(self) -> dict[int, list[Step]]:
        """The calls of each function of the project, tests left out, by the identity of its scope."""
        found: dict[int, list[Step]] = defaultdict(list)
        for scope in self._context.names.functions:
            if not self._context.is_test(scope):
                for call in calls_of(scope):
                    for called in self._called(call, scope):
                        found[id(called)].append(Step(scope, call))
        return found

    def _called(self, call: Call, scope: Scope) -> Iterator[Scope]:
        """The functions that run when a call does: the called one, an `__init__`, one that is handed to a thread.

        An object that is called runs its `__call__`.
        """
        value = self._context.value(call.function, scope)
        match value:
            case FunctionValue(called):
                yield called
            case ObjectValue(of):
                maker = self._context.roles.member(of, "__call__", value)
                if isinstance(maker, FunctionValue):
                    yield maker.scope
            case ClassValue():
                for name in vocabulary.INITIALIZERS:
                    maker = self._context.roles.member(value, name, None)
                    if isinstance(maker, FunctionValue):
                        yield maker.scope
        if _hands_over(call, value):
            for one in call.arguments:
                handed = self._handed(one.value, scope)
                if handed is not None:
                    yield handed

    def _handed(self, argument: Expression, scope: Scope) -> Scope | None:
        value = self._context.value(argument, scope) if not isinstance(argument, Call) else None
        return value.scope if isinstance(value, FunctionValue) else None


def _name(scope: Scope) -> str:
    return (scope.owner.qualified_name if scope.owner is not None else "") or "lambda"


def _hands_over(call: Call, value: Value | None) -> bool:
    """Whether a call has a function run by another thread, or after the response."""
    if isinstance(value, Library) and value.name in vocabulary.OFFLOADERS:
        return True
    names = vocabulary.OFFLOADING_METHODS | vocabulary.BACKGROUND_METHODS
    return isinstance(call.function, Attribute) and call.function.name in names


def _is_of_queue(value: Value | None) -> bool:
    return isinstance(value, Library | LibraryObject) and value.name.startswith(vocabulary.QUEUES)
