"""What `Depends(…)` is given: something that is no callable, a session factory, a context manager."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, Subscript, last_name
from fastapi_session_lint.model.syntax import Assign, Assigned, Function, Imported, Parameter, With
from fastapi_session_lint.project.values import (
    CoroutineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    ManagerValue,
    MarkerValue,
    ObjectValue,
    ProviderValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Called(NamedTuple):
    """A marker that is given what a call gave; `form`: "generator", "coroutine", "session" or "manager".

    `callee` is the function that was called, None for a factory; `target` the call itself; `may_drop` says that FastAPI
    can call the callee as well.
    """

    marker: MarkerValue
    form: str
    callee: FunctionValue | None
    target: Call
    may_drop: bool


class Made(NamedTuple):
    """A marker that is given a factory or a class of sessions; `form`: "factory", "registry", "class", "async class" or
    "own class", for one that is derived from a session class."""

    marker: MarkerValue
    form: str


class Managed(NamedTuple):
    """A marker that is given a function which makes context managers; `function` is the generator within."""

    marker: MarkerValue
    function: FunctionValue
    is_decorated: bool


class Injections:
    """The questions about what markers name, but for those that a function body takes for values."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._values_memo: dict[int, frozenset[int]] = {}

    def _reported(self) -> Iterator[MarkerValue]:
        """The markers in the scopes to report on, in the order of those of the whole project."""
        for marker in self._in_modules():
            if id(marker.call) not in self._values(marker.scope):
                yield marker

    def _in_modules(self) -> Iterator[MarkerValue]:
        for module in self._context.modules():
            yield from self._markers.get(module.module.path, ())

    @functools.cached_property
    def _markers(self) -> dict[str, list[MarkerValue]]:
        """The markers of the project by the files that they stand in."""
        found: dict[str, list[MarkerValue]] = defaultdict(list)
        for marker in self._context.framework.all_markers:
            found[marker.scope.module.path].append(marker)
        return found

    def _values(self, scope: Scope) -> frozenset[int]:
        """The identities of what a function body assigns, passes to a call, or takes an attribute of."""
        if not isinstance(scope.owner, Function):
            return frozenset()
        if id(scope) not in self._values_memo:
            found = {id(one.value) for one in scope.statements if isinstance(one, Assign)}
            for expression in scope.expressions:
                match expression:
                    case Call(_, arguments, _):
                        found |= {id(one.value) for one in arguments}
                    case Attribute(value, _):
                        found.add(id(value))
            self._values_memo[id(scope)] = frozenset(found)
        return self._values_memo[id(scope)]

    # --- calls ---

    def called(self) -> Iterator[Called]:
        """The markers whose target is what a call gives, and cannot be called itself."""
        for marker in self._reported():
            if (found := self.called_at(marker)) is not None:
                yield found

    def called_at(self, marker: MarkerValue) -> Called | None:
        """What a marker is given where that is the result of a call and nothing that FastAPI can call."""
        target, scope = self._call_of(marker)
        if target is None:
            return None
        callee = self._context.value(target.function, scope)
        function = callee if isinstance(callee, FunctionValue) else None
        if function is not None and not self._is_plain(function):
            return None
        form = _form(self._context.value(target, scope), function)
        if not form:
            return None
        may_drop = function is not None and not target.arguments and form != "manager" and target is marker.target
        return Called(marker, form, function, target, may_drop and self._takes_nothing(function))

    def _call_of(self, marker: MarkerValue) -> tuple[Call | None, Scope]:
        """The call by which the target of a marker is made, in place or where its one name is bound."""
        target, scope = marker.target, marker.scope
        if isinstance(target, Name):
            found = self._context.names.resolve(target.id, scope)
            definition = found[0][0] if found is not None and len(found[0]) == 1 else None
            if found is not None and isinstance(definition, Assigned) and definition.via == "=":
                target, scope = definition.value, found[1]
        return (target if isinstance(target, Call) else None), scope

    def _is_plain(self, function: FunctionValue) -> bool:
        """Whether no decorator may have changed what a call gives."""
        names = self._context.roles.decorators(function.function, function.scope)
        known = names & (vocabulary.MANAGER_DECORATORS | vocabulary.CACHE_DECORATORS | vocabulary.METHOD_DECORATORS)
        return len(function.function.decorators) == len(known)

    def _takes_nothing(self, function: FunctionValue | None) -> bool:
        """Whether a function has no parameter but those that FastAPI injects."""
        if function is None:
            return False
        parameters = function.function.parameters[int(function.receiver is not None) :]
        return all(self._context.roles.marker(one, function.scope) is not None for one in parameters)

    # --- factories and classes ---

    def made(self) -> Iterator[Made]:
        """The markers that name a factory or class of sessions, bare ones by their parameter's annotation."""
        for marker in self._reported():
            target = self._target(marker)
            if isinstance(target, FactoryValue | SessionClass) and not self._is_overridden(target, marker):
                yield Made(marker, _maker_form(target))

    def _target(self, marker: MarkerValue) -> Value | None:
        """What a marker names; what the annotation names where it is bare."""
        if marker.target is not None:
            return self._context.value(marker.target, marker.scope)
        for scope, parameter in self._takers.get(id(marker.call), ()):
            if (found := self._context.roles.dependency(marker, parameter, scope)) is not None:
                return found
        return None

    def _is_overridden(self, target: Value, marker: MarkerValue) -> bool:
        """Whether the application puts another dependency in its place; what tests do says nothing of it.

        A session class is a usual key, also where the keys come from elsewhere and cannot be read.
        """
        is_test = self._context.is_test
        if isinstance(target, SessionClass) and self._has_unread_overrides:
            return True
        return any(
            self._context.value(key, scope) == target
            for scope, key, _ in self._context.framework.overrides()
            if is_test(marker.scope) or not is_test(scope)
        )

    @functools.cached_property
    def _has_unread_overrides(self) -> bool:
        """Whether the application does more to `dependency_overrides` than to set items with keys that are known."""
        for scope in self._context.names.all_scopes():
            if self._context.is_test(scope):
                continue
            stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
            known = {
                id(store.target.value)
                for store in stores
                if isinstance(store.target, Subscript) and self._context.value(store.target.key, scope) is not None
            }
            if any(last_name(one) == _OVERRIDES and id(one) not in known for one in scope.expressions):
                return True
        return False

    @functools.cached_property
    def _takers(self) -> dict[int, list[tuple[Scope, Parameter]]]:
        """The parameters that a marker injects, by the identity of its call."""
        found: dict[int, list[tuple[Scope, Parameter]]] = defaultdict(list)
        for scope in self._context.names.functions:
            assert isinstance(scope.owner, Function)
            for parameter in scope.owner.parameters:
                if parameter.default is None and parameter.annotation is None:
                    continue
                if (marker := self._context.roles.marker(parameter, scope)) is not None:
                    found[id(marker.call)].append((scope, parameter))
        return found

    # --- context managers ---

    def managed(self) -> Iterator[Managed]:
        """The markers that name a function whose calls give a context manager."""
        for marker in self._reported():
            found = self._manager(self._target(marker))
            if found is not None:
                yield Managed(marker, *found)

    def _manager(self, target: Value | None) -> tuple[FunctionValue, bool] | None:
        if isinstance(target, ObjectValue):
            target = self._context.roles.member(target.of, "__call__", target)
        match target:
            case FunctionValue() if self._context.framework.is_manager(target.scope) and self._is_plain(target):
                return target, True
            case ProviderValue(ManagerValue(_, FunctionValue() as function)):
                return function, False
        return None

    def is_entered(self, marker: MarkerValue) -> bool:
        """Whether what a marker injects is entered by a function that gets it."""
        return any(
            isinstance(item.context, Name) and item.context.id == parameter.name
            for scope, parameter in self._takers.get(id(marker.call), ())
            if isinstance(scope.owner, Function)
            for statement in scope.statements
            if isinstance(statement, With)
            for item in statement.items
        )

    def is_only_injected(self, function: FunctionValue) -> bool:
        """Whether no expression of the project speaks of a function but the markers that inject it."""
        targets = {id(one.target) for one in self._context.framework.all_markers}
        names = self._names_of(function.function.name)
        for scope in (*self._context.names.all_scopes(), *self._context.names.classes):
            for one in scope.expressions:
                if not isinstance(one, Name | Attribute) or last_name(one) not in names or id(one) in targets:
                    continue
                if self._is(one, scope, function):
                    return False
        return True

    def _names_of(self, name: str) -> frozenset[str]:
        """A function's name and those under which modules import it."""
        aliases = {
            alias
            for scope in self._context.names.modules.values()
            for alias, definitions in scope.module.bindings.items()
            if any(isinstance(one, Imported) and one.name == name for one in definitions)
        }
        return frozenset(aliases | {name})

    def _is(self, expression: Expression, scope: Scope, function: FunctionValue) -> bool:
        found = self._context.value(expression, scope)
        return isinstance(found, FunctionValue) and found.scope is function.scope


_OVERRIDES = "dependency_overrides"


def _maker_form(maker: FactoryValue | SessionClass) -> str:
    if isinstance(maker, FactoryValue):
        return "registry" if maker.is_scoped else "factory"
    if maker.of is not None:
        return "own class"
    return "async class" if maker.is_async else "class"


def _form(value: Value | None, function: FunctionValue | None) -> str:
    match value:
        case GeneratorValue() if function is not None:
            return "generator"
        case CoroutineValue() if function is not None and function.function.is_async:
            return "coroutine"
        case SessionValue() if not value.overrides("__call__"):
            return "session"
        case ManagerValue() if value.function is not None:
            return "manager"
    return ""
