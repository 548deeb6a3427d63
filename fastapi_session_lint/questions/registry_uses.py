"""What a project does with its registries of sessions: who uses them when, and who removes what they keep."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Collection,
    Constant,
    Expression,
    Name,
    Template,
    last_name,
)
from fastapi_session_lint.model.syntax import Assigned, Class, Definition, Function, Imported, Return
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    FactoryValue,
    FunctionValue,
    Library,
    ModuleValue,
    ObjectValue,
    Scope,
    SessionValue,
    Value,
)
from fastapi_session_lint.questions.reached import Occasion

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class RegistryUse(NamedTuple):
    """Where a registry, or with `is_session` a session that it keeps, is used: `place` in a scope's module."""

    registry: int
    scope: Scope
    place: int
    is_session: bool


class RegistryUses:
    """The questions about the uses of registries, each of which is known by the call that makes it."""

    def __init__(self, context: Context, calls: frozenset[int]) -> None:
        """`calls` are those of the project that make registries, by their identity."""
        self._context = context
        self._calls = calls
        self._found: list[RegistryUse] = []
        self._coming = self._looked_for()

    def of(self, registry: Call) -> Iterator[RegistryUse]:
        """The uses of a registry, and of its sessions, in the order of the files."""
        return (one for one in self._uses() if one.registry == id(registry))

    def served(self, registry: Call) -> Iterator[RegistryUse]:
        """The uses of a registry while requests are served."""
        return (one for one in self.of(registry) if self._serves(one.scope))

    def is_for_other_times(self, registry: Call) -> bool:
        """Whether a registry is used, but never while requests are served."""
        return any(True for _ in self.of(registry)) and not any(True for _ in self.served(registry))

    def is_removed(self, registry: Call) -> bool:
        """Whether somebody removes what a registry keeps, or something of which nobody knows what it is."""
        return not self._removed.isdisjoint((id(registry), None))

    def _uses(self) -> Iterator[RegistryUse]:
        """All that the project does with registries and their sessions, looked for no further than is asked."""
        at = 0
        while at < len(self._found) or self._look_further():
            yield self._found[at]
            at += 1

    def _look_further(self) -> bool:
        """Find one more use; tell whether there is one."""
        one = next(self._coming, None)
        if one is not None:
            self._found.append(one)
        return one is not None

    def _looked_for(self) -> Iterator[RegistryUse]:
        scopes = (*self._context.names.all_scopes(), *self._context.names.classes) if self._calls else ()
        return (use for scope in scopes for use in self._uses_in(scope))

    def _uses_in(self, scope: Scope) -> Iterator[RegistryUse]:
        for expression, place in _used_expressions(scope):
            if isinstance(expression, Constant | Template | Collection):
                continue
            found = self._registry_of(expression, scope)
            if found is not None:
                yield RegistryUse(found, scope, place, isinstance(self._context.value(expression, scope), SessionValue))

    def _registry_of(self, expression: Expression, scope: Scope) -> int | None:
        """The registry, by its call, that an expression stands for or whose session it is.

        What is declared to be something else, say a session, is a registry all the same where it is bound to one.
        """
        if isinstance(expression, Name | Attribute) and last_name(expression) in self._names:
            for one in self._bound_to(expression, scope):
                if id(one) in self._calls:
                    return id(one)
        match self._context.value(expression, scope):
            case FactoryValue(_, _, True, call) if call is not None:
                return id(call)
            case FactoryValue(_, _, True):  # known by its type alone: if there is one registry, it is that one
                return next(iter(self._calls)) if len(self._calls) == 1 else None
            case SessionValue(registry=call) if call is not None:
                return id(call)
        return None

    @functools.cached_property
    def _names(self) -> frozenset[str]:
        """Every name that is bound to a registry anywhere, and those that they are imported as."""
        found, imported = set[str](), list[tuple[str, str | None]]()
        for scope in (*self._context.names.all_scopes(), *self._context.names.classes):
            for name, definitions in self._context.names.bindings(scope).items():
                for one in definitions:
                    if isinstance(one, Imported):
                        imported += [(name, one.name)] if one.name != name else []
                    elif isinstance(one, Assigned) and id(one.value) in self._calls:
                        found.add(name)
        for scope in self._context.names.classes:
            for name, stored in scope.owner.attributes.items() if isinstance(scope.owner, Class) else ():
                if any(id(one.value) in self._calls for _, one in stored):
                    found.add(name)
        while more := {name for name, original in imported if original in found} - found:
            found |= more
        return frozenset(found)

    def _bound_to(self, expression: Expression, scope: Scope) -> Iterator[Expression]:
        """What is assigned to a name, to a module's name, or to an attribute of an object."""
        found: Iterable[Definition] = ()
        match expression:
            case Name(name):
                found = (self._context.names.resolve(name, scope) or ((), scope))[0]
            case Attribute(owner, name):
                value = self._context.value(owner, scope)
                if isinstance(value, ModuleValue):
                    found = (self._context.names.member(value.path, name) or ((), scope))[0]
                elif isinstance(value, ObjectValue):
                    found = (one for _, one in value.of.definition.attributes.get(name, ()))
        yield from (one.value for one in found if isinstance(one, Assigned) and one.via == "=")

    def _serves(self, scope: Scope) -> bool:
        if self._context.is_test(scope):
            return False
        if not isinstance(scope.owner, Function):
            module = self._context.names.modules[scope.module.path]
            startup = self._context.framework.startup
            return not (startup.is_script(module) or startup.is_one_off(module))
        return not self._context.framework.runs_at_startup(scope) and not self._is_of_tasks(scope, frozenset())

    def _is_of_tasks(self, scope: Scope, seen: frozenset[int]) -> bool:
        """Whether a function is a task of a queue, or what a thread runs, or is called by such only.

        A worker has its threads to itself.
        """
        occasion = self._context.reached.occasion(scope)
        if occasion is not None or id(scope) in seen:
            return occasion is not Occasion.REQUEST
        callers = [one for one in self._context.framework.callers(scope) if not self._context.is_test(one)]
        is_run = bool(callers) or id(scope) in self._run_by_threads
        return is_run and all(self._is_of_tasks(one, seen | {id(scope)}) for one in callers)

    @functools.cached_property
    def _run_by_threads(self) -> frozenset[int]:
        """The functions that are the target of a thread, by the identity of their scopes."""
        found = set[int]()
        for scope in self._context.names.all_scopes():
            for call in calls_of(scope):
                maker = self._context.value(call.function, scope)
                if not isinstance(maker, Library) or maker.name not in vocabulary.THREADS:
                    continue
                target = argument(call, "target", 1) or argument(call, "function", 1)
                if target is not None:
                    value = self._context.value(target, scope)
                    found |= {id(value.scope)} if isinstance(value, FunctionValue) else set()
        return frozenset(found)

    # --- who removes ---

    @functools.cached_property
    def _removals(self) -> tuple[tuple[Expression, Scope], ...]:
        """What every `….remove` of the project that takes nothing is asked of, called or handed on."""
        found = []
        for scope in (*self._context.names.all_scopes(), *self._context.names.classes):
            for call in calls_of(scope):
                handed = [one.value for one in call.arguments]
                for one in handed if call.arguments else [*handed, call.function]:
                    if isinstance(one, Attribute) and one.name == vocabulary.REGISTRY_CLOSE_METHOD:
                        found.append((one.value, scope))
        return tuple(found)

    @functools.cached_property
    def _removed(self) -> frozenset[int | None]:
        """The registries that are removed from; None for what may be one."""
        found = set[int | None]()
        for expression, scope in self._removals:
            registry = self._registry_of(expression, scope)
            if registry is not None or _may_be_registry(self._context.value(expression, scope)):
                found.add(registry)
        return frozenset(found)


def _used_expressions(scope: Scope) -> Iterator[tuple[Expression, int]]:
    """What a scope calls, whose methods it calls, what it hands on, yields and returns, each with a place."""
    for call in calls_of(scope):
        yield call.function, call.place
        if isinstance(call.function, Attribute) and call.function.name != vocabulary.REGISTRY_CLOSE_METHOD:
            yield call.function.value, call.place
        yield from ((one.value, call.place) for one in call.arguments)
    if isinstance(scope.owner, Function):
        yield from ((one.value, one.place) for one in scope.owner.yields if one.value is not None)
        for statement in scope.statements:
            if isinstance(statement, Return) and statement.value is not None:
                yield statement.value, statement.place


def _may_be_registry(value: Value | None) -> bool:
    """Whether a value is not known, is a registry of which only the type is, or a session, which has no `remove`."""
    match value:
        case None | FactoryValue(_, _, True) | SessionValue():
            return True
    return False
