"""The apps that tests use, and which of them outlive a test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.model.expressions import Attribute, Await, Call, Expression, Name
from fastapi_session_lint.model.syntax import Assigned, Class, Definition, Function, Imported, Parameter, Return
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import ModuleValue, Scope
from fastapi_session_lint.questions.fixtures import Fixtures

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_STEPS = 6
"""How many names and fixtures are followed to an app."""


class Apps:
    """The questions about the apps of tests."""

    def __init__(self, context: Context, fixtures: Fixtures) -> None:
        self._context = context
        self._fixtures = fixtures

    def is_shared(self, app: Expression, scope: Scope, steps: int = _STEPS) -> bool:
        """Whether an expression in a test is known to stand for an object that a module holds."""
        if not steps:
            return False
        match app:
            case Await(value, _):
                return self.is_shared(value, scope, steps)
            case Name(name):
                found = self._context.names.lookup(name, scope)
                return found is not None and self._any_shared(found[0], found[1], steps)
            case Attribute(owner, name):
                return self._attribute(owner, name, scope, steps)
        return False

    def _any_shared(self, definitions: Iterable[Definition], place: Scope, steps: int) -> bool:
        for one in definitions:
            match one:
                case Imported():
                    return True
                case Assigned() if place.owner is None:
                    return True
                case Assigned(value, _, _, None, _):
                    return self.is_shared(value, place, steps - 1)
                case Parameter(name, _, _, _, _):
                    fixture = self._fixtures.named(name, place)
                    return fixture is not None and self._gives_shared(fixture, steps - 1)
        return False

    def _attribute(self, owner: Expression, name: str, scope: Scope, steps: int) -> bool:
        """`main.app`; `self.app`, by what the class sets it to; the app of a client."""
        if isinstance(self._context.value(owner, scope), ModuleValue):
            return True
        if _is_receiver(owner, scope):
            own = self._definitions(Attribute(owner, name), scope)
            return any(self._any_shared((one,), place, steps) for one, place in own)
        return name == "app" and any(self.is_shared(one, home, steps - 1) for one, home in self._clients(owner, scope))

    def _definitions(self, expression: Expression, scope: Scope) -> Iterator[tuple[Definition, Scope]]:
        """What binds a name, or an attribute of the object whose method this is, and where."""
        match expression:
            case Name(name):
                definitions, place = self._context.names.resolve(name, scope) or ((), scope)
                yield from ((one, place) for one in definitions)
            case Attribute(owner, name) if _is_receiver(owner, scope) and scope.enclosing_class is not None:
                holder = scope.enclosing_class.owner
                assert isinstance(holder, Class)
                yield from ((one, scope.enclosing_class) for one in holder.bindings.get(name, ()))
                for method, assigned in holder.attributes.get(name, ()):
                    functions = (one for one in holder.bindings.get(method, ()) if isinstance(one, Function))
                    yield from ((assigned, self._context.names.scope_of(one)) for one in functions)

    def _clients(self, expression: Expression, scope: Scope) -> Iterator[tuple[Expression, Scope]]:
        """The apps that a client is made for."""
        for one, place in self._definitions(expression, scope):
            if isinstance(one, Assigned):
                yield from self._made(one.value, place)
            elif isinstance(one, Parameter) and (fixture := self._fixtures.named(one.name, place)) is not None:
                for given in _given(fixture):
                    yield from self._made(given, fixture)

    def _made(self, given: Expression, scope: Scope) -> Iterator[tuple[Expression, Scope]]:
        if isinstance(given, Call):
            yield from _first_arguments(given, scope)
        elif isinstance(given, Name):
            yield from self._clients(given, scope)

    def _gives_shared(self, fixture: Scope, steps: int) -> bool:
        return any(self.is_shared(one, fixture, steps) for one in _given(fixture))


def _is_receiver(expression: Expression, scope: Scope) -> bool:
    """Whether an expression is the object or class whose method this is."""
    parameters = scope.owner.parameters if isinstance(scope.owner, Function) and scope.enclosing_class else ()
    return bool(parameters) and isinstance(expression, Name) and parameters[0].name == expression.id


def _first_arguments(call: Call, scope: Scope) -> Iterator[tuple[Expression, Scope]]:
    given = argument(call, "app", 0)
    if given is not None:
        yield given, scope


def _given(fixture: Scope) -> Iterator[Expression]:
    """What a fixture returns or yields."""
    assert isinstance(fixture.owner, Function)
    for one in fixture.owner.yields:
        if one.value is not None:
            yield one.value
    for statement in statements(fixture.owner.body):
        if isinstance(statement, Return) and statement.value is not None:
            yield statement.value
