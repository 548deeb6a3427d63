"""The fixtures of pytest, and which of them run around a function."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Call,
    Constant,
    last_name,
)
from fastapi_session_lint.model.syntax import Class, Function, Skipped
from fastapi_session_lint.project.libraries import is_true
from fastapi_session_lint.project.marks import module_marks
from fastapi_session_lint.project.values import Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SETUPS = ("setup", "setUp", "asyncSetUp")


class User(NamedTuple):
    """Who asks for a fixture; of a test whose body is not known (`scope` None) the fixtures that run around it."""

    scope: Scope | None
    around: tuple[Scope, ...]
    is_fixture: bool


class Fixtures:
    """The questions about fixtures."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fixtures = context.roles.injection.fixtures

    def lasts_for_the_run(self, scope: Scope) -> bool:
        """Whether a fixture is torn down when all tests are over."""
        given = self._fixtures.option(scope, "scope")
        return isinstance(given, Constant) and given.value in vocabulary.LASTING_FIXTURE_SCOPES

    def is_run_by_pytest(self, scope: Scope) -> bool:
        """Whether pytest or unittest calls a function by its name."""
        name = scope.owner.name if isinstance(scope.owner, Function) else ""
        return name.startswith((vocabulary.TESTS, *_SETUPS))

    def modules_around(self, scope: Scope) -> tuple[Scope, ...]:
        """A module and each conftest.py beside and above it."""
        return self._fixtures.modules_around(scope)

    def named(self, name: str, scope: Scope) -> Scope | None:
        """The fixture of a name that a function gets: the nearest, or the only one; None where there is none."""
        nearest = self._fixtures.nearest_known(name, scope)
        others = [one for one in self._fixtures.by_name.get(name, ()) if one is not scope]
        return others[0] if nearest is None and len(others) == 1 else nearest

    def around(self, scope: Scope) -> Iterator[Scope]:
        """The fixtures that run around a function: those that it asks for, and those that run by themselves."""
        yield from self._with_asked([*self._asked(scope), *self._automatic(scope)], frozenset({id(scope)}))

    def _with_asked(self, fixtures: list[Scope], without: frozenset[int]) -> Iterator[Scope]:
        """Fixtures and those that they ask for in turn."""
        seen, stack = set(without), list(fixtures)
        while stack:
            one = stack.pop()
            if id(one) not in seen:
                seen.add(id(one))
                yield one
                stack += self._asked(one)

    def users(self, scope: Scope) -> list[User]:
        """The tests and fixtures that ask for this fixture."""
        return self._users.get(id(scope), [])

    @functools.cached_property
    def _users(self) -> dict[int, list[User]]:
        found: dict[int, list[User]] = defaultdict(list)
        for scope in self._context.names.functions:
            is_fixture = self._context.framework.is_fixture(scope)
            for fixture in self._asked(scope) if is_fixture or self.is_run_by_pytest(scope) else ():
                found[id(fixture)].append(User(scope, (), is_fixture))
        for module in self._context.names.modules.values():
            for names in _skipped_tests(module):
                asked = [one for name in names if (one := self.named(name, module)) is not None]
                around = tuple(self._with_asked(asked, frozenset()))
                for fixture in asked:
                    found[id(fixture)].append(User(None, around, False))
        return found

    def _asked(self, scope: Scope) -> list[Scope]:
        """The fixtures that a function names: by its parameters, or by `usefixtures`."""
        assert isinstance(scope.owner, Function)
        names = [one.name for one in scope.owner.parameters]
        decorators = list(scope.owner.decorators)
        if scope.enclosing_class is not None and isinstance(scope.enclosing_class.owner, Class):
            decorators += scope.enclosing_class.owner.decorators
        decorators += module_marks(scope.module.bindings)
        for mark in decorators:
            if isinstance(mark, Call) and last_name(mark.function) == vocabulary.USING_MARK:
                names += [str(given.value.value) for given in mark.arguments if isinstance(given.value, Constant)]
        return [found for name in names if (found := self.named(name, scope)) is not None]

    def _automatic(self, scope: Scope) -> Iterator[Scope]:
        visible = {id(module.module) for module in self.modules_around(scope)}
        for one in self._autouse:
            if id(one.module) in visible and one.enclosing_class in (None, scope.enclosing_class):
                yield one

    @functools.cached_property
    def _autouse(self) -> tuple[Scope, ...]:
        fixtures = (one for some in self._fixtures.by_name.values() for one in some)
        return tuple(one for one in fixtures if is_true(self._fixtures.option(one, "autouse")))


def _skipped_tests(module: Scope) -> Iterator[tuple[str, ...]]:
    """The parameters of the tests that were not lowered."""
    for name, definitions in module.module.bindings.items():
        for one in definitions if name.startswith(vocabulary.TESTS) else ():
            if isinstance(one, Skipped):
                yield one.parameters
