"""Dependency overrides that a test or fixture leaves behind on an app that others use as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Collection, Expression, Name, Subscript, dotted
from fastapi_session_lint.model.syntax import Assigned, Delete, Function, Store
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import ClassValue, FunctionValue, Scope
from fastapi_session_lint.questions.apps import Apps
from fastapi_session_lint.questions.fixtures import Fixtures, User

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_CALLS = 3
"""How many functions of the project are followed to a reset."""


class Override(NamedTuple):
    """An assignment, by its place, and what it replaces: the dependency's name, or `a dependency`."""

    place: int
    name: str


class Overrides:
    """The questions about dependency overrides."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fixtures = Fixtures(context)
        self._apps = Apps(context, self._fixtures)
        self._memo: dict[tuple[int, int], bool] = {}

    def left(self, scope: Scope) -> Override | None:
        """The first override that a function of the tests sets on a shared app, and that nothing takes back."""
        first = next(_set_in(scope), None)
        if first is None or not self._is_of_tests(scope) or not self._is_shared(scope):
            return None
        row = self._context.span(scope, first.place).row
        if self._is_taken_back_later(scope, row) or self._is_covered(scope):
            return None
        return first

    def _is_of_tests(self, scope: Scope) -> bool:
        is_known = self._context.is_test(scope) or self._context.framework.is_fixture(scope)
        return is_known or self._fixtures.is_run_by_pytest(scope)

    def _is_shared(self, scope: Scope) -> bool:
        assert isinstance(scope.owner, Function)
        owners = [owner for store in scope.owner.stores if (owner := _owner(store)) is not None]
        return any(self._apps.is_shared(owner, scope) for owner in owners)

    # --- who takes them back ---

    def _is_covered(self, scope: Scope, depth: int = _CALLS) -> bool:
        """Whether what runs around a function takes its overrides back, or it is not run by pytest at all."""
        if scope.outer is not None and isinstance(scope.outer.owner, Function):
            return self._resets(scope.outer) or self._is_covered(scope.outer, depth)
        around = (*self._siblings(scope), *self._fixtures.around(scope), *self._hooks(scope))
        if any(self._resets(one) for one in around):
            return True
        if self._context.framework.is_fixture(scope):
            return self._fixtures.lasts_for_the_run(scope) or self._is_covered_by_users(scope, depth)
        if self._fixtures.is_run_by_pytest(scope):
            return False
        callers = [one for one in self._context.framework.callers(scope) if one is not scope] if depth else []
        # Whoever calls a function that sets overrides knows of them, and may take them back for all others.
        return not callers or any(self._resets(one) or self._is_covered(one, depth - 1) for one in callers)

    def _is_covered_by_users(self, scope: Scope, depth: int) -> bool:
        """Whether a fixture that depends on this one takes its overrides back, or one of each test that does."""
        users = self._fixtures.users(scope) if depth else []
        if any(one.is_fixture and one.scope is not None and self._resets(one.scope) for one in users):
            return True
        return bool(users) and all(self._user_is_covered(one, depth - 1) for one in users)

    def _user_is_covered(self, user: User, depth: int) -> bool:
        if user.scope is None:
            return any(self._resets(one) for one in user.around)
        return self._resets(user.scope) or self._is_covered(user.scope, depth)

    def _siblings(self, scope: Scope) -> Iterator[Scope]:
        """The other methods of a class and its bases that are no tests: teardown, `__exit__` and the like."""
        if scope.enclosing_class is None:
            return
        for owner in self._lineage(ClassValue(scope.enclosing_class), _CALLS):
            for definitions in owner.definition.bindings.values():
                functions = (one for one in definitions if isinstance(one, Function) and one is not scope.owner)
                for one in functions:
                    if not one.name.startswith(vocabulary.TESTS):
                        yield self._context.names.scope_of(one)

    def _lineage(self, owner: ClassValue, depth: int) -> Iterator[ClassValue]:
        yield owner
        for base in self._context.roles.bases(owner) if depth else ():
            yield from self._lineage(base, depth - 1)

    def _hooks(self, scope: Scope) -> Iterator[Scope]:
        """The functions that pytest calls behind a test by their names."""
        for module in self._fixtures.modules_around(scope):
            for name in vocabulary.TEST_TEARDOWNS:
                for one in module.module.bindings.get(name, ()):
                    if isinstance(one, Function):
                        yield self._context.names.scope_of(one)

    # --- what takes them back ---

    def _is_taken_back_later(self, scope: Scope, row: int) -> bool:
        """Whether a function sees to it by itself: below the row, or by what it hands the overrides to."""
        assert isinstance(scope.owner, Function)
        if any(one >= row for one in self._reset_rows(scope)):
            return True
        return self._hands_on(scope) or self._calls_reset(scope, _CALLS)

    def _resets(self, scope: Scope, depth: int = _CALLS) -> bool:
        """Whether a function takes overrides back anywhere, itself or by what it calls or defines."""
        if not isinstance(scope.owner, Function):
            return False
        key = (id(scope), depth)
        if key not in self._memo:
            rows = any(True for _ in self._reset_rows(scope))
            self._memo[key] = rows or self._hands_on(scope) or self._calls_reset(scope, depth)
        return self._memo[key]

    def _reset_rows(self, scope: Scope) -> Iterator[int]:
        assert isinstance(scope.owner, Function)
        contents, places = self._context.contents, list[int]()
        if contents.calls_any(vocabulary.DICT_REMOVERS, scope):
            places += [call.place for call in scope.owner.calls if _is_reset_call(call)]
        for statement in scope.statements if contents.has_any(_DELETE, scope) else ():
            if isinstance(statement, Delete) and any(_is_item(one) for one in statement.targets):
                places.append(statement.place)
        places += [store.place for store in scope.owner.stores if self._restores(store, scope)]
        yield from (self._context.span(scope, place).row for place in places)

    def _restores(self, store: Store, scope: Scope) -> bool:
        """`app.dependency_overrides = {}`, or something kept before; one item that was kept before."""
        if _is_overrides(store.target):
            return not _has_items(store.value)
        if not _is_item(store.target) or not isinstance(store.value, Name):
            return False
        found = self._context.names.lookup(store.value.id, scope)
        return found is not None and any(isinstance(one, Assigned) and _mentions(one.value) for one in found[0])

    def _hands_on(self, scope: Scope) -> bool:
        """`addfinalizer(app.dependency_overrides.clear)`, `patch.dict(app.dependency_overrides)`: others see to it."""
        return any(_mentions(one.value) for call in calls_of(scope) for one in call.arguments)

    def _calls_reset(self, scope: Scope, depth: int) -> bool:
        assert isinstance(scope.owner, Function)
        inner = [one for some in scope.owner.bindings.values() for one in some if isinstance(one, Function)]
        if any(self._resets(self._context.names.scope_of(one), depth) for one in (*inner, *scope.owner.lambdas)):
            return True
        for call in calls_of(scope) if depth and self._context.contents.calls_any(_FUNCTIONS, scope) else ():
            value = self._context.value(call.function, scope)
            if isinstance(value, FunctionValue) and self._resets(value.scope, depth - 1):
                return True
        return False


_DELETE = frozenset({Delete})
_FUNCTIONS: Wanted = frozenset({FunctionValue})


def _set_in(scope: Scope) -> Iterator[Override]:
    stores = scope.owner.stores if isinstance(scope.owner, Function) else ()
    for store in stores:
        match store.target:
            case Subscript(owner, key) if _is_overrides(owner):
                yield Override(store.place, _shown(key))
            case Attribute() if _is_overrides(store.target) and _has_items(store.value):
                assert isinstance(store.value, Collection)
                yield Override(store.place, _shown(store.value.items[0]))


def _shown(key: Expression) -> str:
    name = dotted(key)
    return f"`{name}`" if name else "a dependency"


def _owner(store: Store) -> Expression | None:
    """The app whose overrides are set."""
    target = store.target.value if isinstance(store.target, Subscript) else store.target
    return target.value if isinstance(target, Attribute) and _is_overrides(target) else None


def _is_overrides(expression: Expression) -> bool:
    return isinstance(expression, Attribute) and expression.name == vocabulary.OVERRIDES


def _is_item(expression: Expression) -> bool:
    return isinstance(expression, Subscript) and _is_overrides(expression.value)


def _is_reset_call(call: Call) -> bool:
    function = call.function
    return (
        isinstance(function, Attribute) and function.name in vocabulary.DICT_REMOVERS and _is_overrides(function.value)
    )


def _has_items(expression: Expression) -> bool:
    return isinstance(expression, Collection) and bool(expression.items)


def _mentions(expression: Expression) -> bool:
    if isinstance(expression, Name):
        return False
    return any(_is_overrides(one) for one in subexpressions(expression, into_lambdas=True))
