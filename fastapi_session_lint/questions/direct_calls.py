"""Direct calls that leave out an argument which only FastAPI would inject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Argument,
    Attribute,
    Call,
    Choice,
    Expression,
    Lambda,
    Logic,
    Name,
    Subscript,
    parts_of,
)
from fastapi_session_lint.model.syntax import Assigned, Define, Function, If, Parameter, Suite
from fastapi_session_lint.model.walk import all_expressions, expressions_of, subexpressions, suites_of
from fastapi_session_lint.project.arguments import argument_for
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    Library,
    LibraryObject,
    MarkerValue,
    ObjectValue,
    Scope,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class DirectCall(NamedTuple):
    """A call that leaves the parameters `names` of a function to their `Depends(…)` defaults."""

    call: Call
    scope: Scope
    callee: FunctionValue
    names: tuple[str, ...]


class DirectCalls:
    """The questions about calls of functions that have something injected."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._injected_memo: dict[int, tuple[Parameter, ...]] = {}

    def calls(self, scope: Scope) -> Iterator[DirectCall]:
        """The calls of a scope that leave an injected argument out, and the function makes use of it."""
        if not self._context.contents.calls_any(_CALLABLE, scope) or not self._context.framework.all_markers:
            return
        for call in calls_of(scope):
            for callee, arguments in self._callees(call, scope):
                names = self._left_out(callee, call, arguments, scope)
                if names and id(call) not in self._owned(scope):
                    yield DirectCall(call, scope, callee, names)

    def _injected(self, scope: Scope) -> tuple[Parameter, ...]:
        """The parameters of a function with a marker as their default that it reads."""
        if id(scope) not in self._injected_memo:
            self._injected_memo[id(scope)] = self.relied_on(scope) if self._is_bare(scope) else ()
        return self._injected_memo[id(scope)]

    def relied_on(self, scope: Scope) -> tuple[Parameter, ...]:
        """The same, whatever decorators the function has."""
        function = scope.owner
        assert isinstance(function, Function)
        wanted = [one for one in function.parameters if self._is_injected(one, scope)]
        return tuple(one for one in wanted if _relies_on(function, one.name))

    def _is_injected(self, parameter: Parameter, scope: Scope) -> bool:
        if not isinstance(parameter.default, Call | Name | Attribute):
            return False
        marker = self._context.value(parameter.default, scope.outer or scope)
        return isinstance(marker, MarkerValue) and not self._is_wired(marker)

    def _is_wired(self, marker: MarkerValue) -> bool:
        """Whether a container fills a parameter in wherever the function is called: `Depends(Provide[…])`."""
        if not isinstance(marker.target, Subscript):
            return False
        value = self._context.value(marker.target.value, marker.scope)
        return isinstance(value, Library) and value.name in vocabulary.WIRED_MARKERS

    def _is_bare(self, scope: Scope) -> bool:
        """Whether a call reaches the function itself: of its decorators none may inject in FastAPI's place."""
        assert isinstance(scope.owner, Function)
        outer = scope.outer or scope
        transparent = vocabulary.METHOD_DECORATORS | vocabulary.MANAGER_DECORATORS | vocabulary.CACHE_DECORATORS
        return all(
            self._context.roles.decorator_name(one, outer) in transparent
            or self._context.framework.is_route_decorator(one, outer)
            for one in scope.owner.decorators
        )

    def _callees(self, call: Call, scope: Scope) -> Iterator[tuple[FunctionValue, tuple[Argument, ...]]]:
        """The function that a call runs, in place or handed on to a library that calls it, and its arguments."""
        function = self._context.value(call.function, scope)
        if isinstance(function, Library | LibraryObject):
            if function.name not in vocabulary.CALLS_FIRST_ARGUMENT or not call.arguments:
                return
            handed, arguments = call.arguments[0].value, call.arguments[1:]
            value = self._context.value(handed, scope)
        else:
            handed, arguments, value = call.function, call.arguments, function
        if isinstance(value, ClassValue):
            value = self._context.roles.member(value, "__init__", ObjectValue(value))
        if not isinstance(value, FunctionValue) or not self._injected(value.scope):
            return
        preset = self._preset(handed, scope)
        if preset is not None:
            yield value, (*preset, *arguments)

    def _preset(self, function: Expression, scope: Scope) -> tuple[Argument, ...] | None:
        """The arguments that partials on the way to a function have set; None where the way cannot be followed."""
        for _ in range(_STEPS):
            if isinstance(function, Name):
                found = self._context.names.resolve(function.id, scope)
                if found is None or len(found[0]) != 1 or not isinstance(found[0][0], Assigned):
                    return ()
                function, scope = found[0][0].value, found[1]
            if not isinstance(function, Call):
                return () if isinstance(function, Name | Attribute) else None
            maker = self._context.value(function.function, scope)
            if not isinstance(maker, Library) or maker.name not in vocabulary.PARTIAL or not function.arguments:
                return None
            inner = self._preset(function.arguments[0].value, scope)
            return None if inner is None else (*inner, *function.arguments[1:])
        return None

    def _left_out(
        self, callee: FunctionValue, call: Call, arguments: tuple[Argument, ...], scope: Scope
    ) -> tuple[str, ...]:
        """The injected parameters that a call leaves out; for a test, what the callee only hands on may be patched."""
        if any(one.star for one in arguments):
            return ()
        given = Call(call.function, arguments, call.place)
        is_bound = callee.receiver is not None
        is_test = self._context.is_test(scope)
        return tuple(
            one.name
            for one in self._injected(callee.scope)
            if argument_for(one, callee.function, given, is_bound) is None
            and (not is_test or _takes_attribute(callee.function, one.name))
        )

    def _owned(self, scope: Scope) -> frozenset[int]:
        """The calls that belong to another finding: a generator driven by hand, the call within a marker."""
        generators = [id(part) for one in self._context.generator_calls(scope) for part in subexpressions(one.call)]
        called = [self._context.injections.called_at(one) for one in self._context.framework.markers_in(scope)]
        return frozenset([*generators, *[id(one.target) for one in called if one is not None]])


_STEPS = 8
"""How many names and partials may lie between a call and its function."""


def _relies_on(function: Function, name: str) -> bool:
    """Whether a function reads a parameter on its own account, and never asks what it has been given.

    What is read only where another argument says so does not count: the caller may know that it is not needed.
    """
    if len(function.bindings.get(name, ())) != 1 or any(_asks(one, name) for one in all_expressions(function.body)):
        return False
    choices = frozenset(one.name for one in function.parameters if one.default is not None and one.name != name)
    return _reads_in(function.body, name, choices)


def _takes_attribute(function: Function, name: str) -> bool:
    return any(
        isinstance(one, Attribute) and isinstance(one.value, Name) and one.value.id == name
        for one in all_expressions(function.body)
    )


def _asks(expression: Expression, name: str) -> bool:
    match expression:
        case Call(Name("isinstance" | "type" | "hasattr" | "callable"), (Argument(None, Name(asked), _), *_), _):
            return asked == name
    return False


def _reads_in(suite: Suite, name: str, choices: frozenset[str]) -> bool:
    for statement in suite:
        if any(_reads(one, name, choices) for one in expressions_of(statement)):
            return True
        match statement:
            case Define(Function() as inner, _) if name in inner.reads:
                return True
            case If(test, _, _, _) if _mentions(test, choices):
                continue
        if any(_reads_in(inner, name, choices) for inner in suites_of(statement)):
            return True
    return False


def _reads(expression: Expression, name: str, choices: frozenset[str]) -> bool:
    match expression:
        case Name(found):
            return found == name
        case Lambda(inner):
            return name in inner.reads
        case Choice(test, _, _) | Logic(_, test, _) if _mentions(test, choices):
            return _reads(test, name, choices)
    return any(_reads(part, name, choices) for part in parts_of(expression))


def _mentions(expression: Expression, names: frozenset[str]) -> bool:
    return any(isinstance(one, Name) and one.id in names for one in subexpressions(expression))


_CALLABLE: Wanted = vocabulary.CALLS_FIRST_ARGUMENT | {FunctionValue, ClassValue}
