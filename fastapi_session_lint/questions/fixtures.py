"""The fixtures of pytest, and which of them run around a function."""

from __future__ import annotations

import functools
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Call,
    Collection,
    Constant,
    Expression,
    last_name,
)
from fastapi_session_lint.model.syntax import Assigned, Class, Function, Skipped
from fastapi_session_lint.project.libraries import argument, is_true
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
        self._around: dict[str, tuple[Scope, ...]] = {}

    @functools.cached_property
    def _by_name(self) -> dict[str, list[Scope]]:
        """Every fixture of the project by the name under which tests ask for it."""
        found: dict[str, list[Scope]] = defaultdict(list)
        for scope in self._context.names.functions:
            if self._context.framework.is_fixture(scope) and isinstance(scope.owner, Function):
                given = self._option(scope, "name")
                named = str(given.value) if isinstance(given, Constant) else scope.owner.name
                found[named].append(scope)
        return found

    def _option(self, scope: Scope, name: str) -> Expression | None:
        """What the decorator of a fixture is given."""
        assert isinstance(scope.owner, Function)
        for decorator in scope.owner.decorators:
            if isinstance(decorator, Call) and (value := argument(decorator, name)) is not None:
                return value
        return None

    def lasts_for_the_run(self, scope: Scope) -> bool:
        """Whether a fixture is torn down when all tests are over."""
        given = self._option(scope, "scope")
        return isinstance(given, Constant) and given.value in vocabulary.LASTING_FIXTURE_SCOPES

    def is_run_by_pytest(self, scope: Scope) -> bool:
        """Whether pytest or unittest calls a function by its name."""
        name = scope.owner.name if isinstance(scope.owner, Function) else ""
        return name.startswith((vocabulary.TESTS, *_SETUPS))

    def modules_around(self, scope: Scope) -> tuple[Scope, ...]:
        """A module and each conftest.py beside and above it."""
        path = scope.module.path
        if path not in self._around:
            self._around[path] = tuple(self._modules_around(scope))
        return self._around[path]

    def _modules_around(self, scope: Scope) -> Iterator[Scope]:
        modules = self._context.names.modules
        yield modules[scope.module.path]
        folder = posixpath.dirname(scope.module.path)
        while folder:
            conftest = modules.get(f"{folder}/conftest.py")
            if conftest is not None and conftest.module is not scope.module:
                yield conftest
            folder = posixpath.dirname(folder) if posixpath.dirname(folder) != folder else ""

    def named(self, name: str, scope: Scope) -> Scope | None:
        """The fixture of a name that a function gets: the nearest, or the only one; None where there is none."""
        candidates = [one for one in self._by_name.get(name, ()) if one is not scope]
        for module in self.modules_around(scope) if candidates else ():
            for one in candidates:
                if one.module is module.module:
                    return one
        return candidates[0] if len(candidates) == 1 else None

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
        for one in self._context.names.modules[scope.module.path].module.bindings.get(vocabulary.MODULE_MARKS, ()):
            if isinstance(one, Assigned):
                decorators += one.value.items if isinstance(one.value, Collection) else (one.value,)
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
        fixtures = (one for some in self._by_name.values() for one in some)
        return tuple(one for one in fixtures if is_true(self._option(one, "autouse")))


def _skipped_tests(module: Scope) -> Iterator[tuple[str, ...]]:
    """The parameters of the tests that were not lowered."""
    for name, definitions in module.module.bindings.items():
        for one in definitions if name.startswith(vocabulary.TESTS) else ():
            if isinstance(one, Skipped):
                yield one.parameters
