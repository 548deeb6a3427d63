"""The fixtures of pytest, and which of them it hands to a test or fixture by the name of a parameter.

The nearest one of the name is meant: of the class, the module, the conftest.py beside it or above, or a plugin that one
of these names. A test has but one; a fixture may serve tests that have a nearer one of a name that it asks for. What is
remembered here rests on names alone, never on values, so that it may be asked for while a value is looked for.

Source: https://docs.pytest.org/en/stable/reference/fixtures.html#fixture-availability
"""

from __future__ import annotations

import functools
import posixpath
from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Call, Collection, Constant, Expression, Name, Subscript, last_name
from fastapi_session_lint.model.fixture_modules import CONFTEST, may_hold_fixtures
from fastapi_session_lint.model.screen import file_concerns
from fastapi_session_lint.model.syntax import Assigned, Class, Definition, Function, Imported, Skipped
from fastapi_session_lint.project.imports import plugins
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.marks import Marks, may_hand
from fastapi_session_lint.project.roots import is_test
from fastapi_session_lint.project.values import Scope

_DEPTH = 8
"""How far the bases of a class, and the plugins that plugins name, are followed."""
_Some: TypeAlias = tuple[Scope | None, ...]
"""Fixtures of one name in one place; None for what may be one and cannot be read."""
_UNKNOWN: _Some = (None,)


class Fixtures:
    """The answer to "which fixture is meant by a name"."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._marks = Marks(names)
        self._tables: dict[Scope, dict[str, _Some]] = {}
        self._around: dict[str, tuple[Scope, ...]] = {}

    # --- what is a fixture ---

    def is_fixture(self, scope: Scope) -> bool:
        """Whether a def is made a fixture by its decorator."""
        return self._decorator(scope) is not None

    def _decorator(self, scope: Scope) -> Expression | None:
        for one in scope.owner.decorators if isinstance(scope.owner, Function) else ():
            if self._marks.full_name(one, scope.outer or scope) in vocabulary.FIXTURE_DECORATORS:
                return one
        return None

    def option(self, scope: Scope, name: str) -> Expression | None:
        """What the decorator of a fixture is given."""
        decorator = self._decorator(scope)
        return argument(decorator, name) if isinstance(decorator, Call) else None

    def _asked_for_as(self, scope: Scope, name: str) -> str:
        """The name by which tests ask for a fixture that is bound to a name."""
        option = self.option(scope, "name")
        return str(option.value) if isinstance(option, Constant) and option.kind == "text" else name

    @functools.cached_property
    def by_name(self) -> dict[str, list[Scope]]:
        """Every fixture of the project by the name by which tests ask for it."""
        found: dict[str, list[Scope]] = defaultdict(list)
        for scope in self._names.functions:
            if isinstance(scope.owner, Function) and self.is_fixture(scope):
                found[self._asked_for_as(scope, scope.owner.name)].append(scope)
        return found

    # --- which is meant ---

    def handed(self, name: str, place: Scope) -> tuple[Scope, ...]:
        """The fixtures one of which pytest hands to a parameter of the function whose scope is `place`.

        None at all where it is no test and no fixture, something else may fill the parameter, or one cannot be read.
        """
        is_fixture = self.is_fixture(place)
        if name not in self.by_name or not (is_fixture or self._is_test(place)):
            return ()
        hooks = self.modules_around(place)
        if not (self._marks.leave_alone(name, place) and self._marks.hooks_leave_alone(name, hooks)):
            return ()
        found = self._meant(name, place) if is_fixture else self.nearest(name, place)
        known = tuple(one for one in found if one is not None)
        return known if len(known) == len(found) else ()

    def _is_test(self, place: Scope) -> bool:
        """Whether pytest collects a def by its name and those around it; unittest hands nothing to its own."""
        path, owner = place.module.path, place.owner
        if not isinstance(owner, Function) or not owner.name.startswith(vocabulary.TESTS):
            return False
        if vocabulary.TESTS not in posixpath.basename(path) or not self._names.imports.is_test(path):
            return False
        if place.enclosing_class is None:
            return place.outer is not None and place.outer.owner is None
        return self._is_test_class(place.enclosing_class)

    def _is_test_class(self, scope: Scope) -> bool:
        assert scope.owner is not None
        return scope.owner.name.startswith(vocabulary.TEST_CLASSES) and None not in self._lineage(scope)

    def _lineage(self, scope: Scope, depth: int = 0) -> Iterator[Scope | None]:
        """A class and those that it is derived from; None for one that is not of the project."""
        yield scope
        for base in scope.owner.bases if isinstance(scope.owner, Class) else ():
            named, outer = base.value if isinstance(base, Subscript) else base, scope.outer or scope
            found = self._names.resolve(named.id, outer) if isinstance(named, Name) else None
            owner = found[0][-1] if found else None
            if isinstance(owner, Class) and depth < _DEPTH:
                yield from self._lineage(self._names.scope_of(owner), depth + 1)
            elif self._marks.full_name(named, outer) not in vocabulary.PLAIN_BASES and named != Name("object"):
                yield None

    def _meant(self, name: str, place: Scope) -> _Some:
        """What may be handed to a fixture, whoever asks for it: also what is nearer to some tests."""
        path = place.module.path
        others = tuple(one for one in self.by_name[name] if one is not place)
        if name in self._parametrized:
            return _UNKNOWN
        if not self._names.imports.is_test(path) or not is_test(posixpath.basename(path)):
            return others  # it serves whoever imports it, or names its module as a plugin
        found = self.nearest(name, place)
        folder = f"{posixpath.dirname(path)}/" if posixpath.basename(path) == CONFTEST else path
        nearer = [one for one in others if one.module.path.startswith(folder) and place.enclosing_class is None]
        return tuple(dict.fromkeys((*found, *nearer))) if found else ()

    @functools.cached_property
    def _parametrized(self) -> frozenset[str]:
        """The names to which a test has values handed in place of a fixture, in its other fixtures as well."""
        return frozenset(
            name
            for scope in (*self._names.functions, *self._names.classes)
            for one in (scope.owner.decorators if scope.owner is not None else ())
            if isinstance(one, Call) and last_name(one.function) == vocabulary.PARAMETRIZE
            for name in self.by_name
            if may_hand(one, name)
        )

    def nearest(self, name: str, place: Scope) -> _Some:
        """The fixtures of a name in the nearest place that has any, seen from a function or module."""
        for some in self._by_distance(name, place):
            found = tuple(one for one in some if one is not place)
            if found:
                return found
        return ()

    def nearest_known(self, name: str, place: Scope) -> Scope | None:
        """The nearest fixture of a name that can be read."""
        found = (one for some in self._by_distance(name, place) for one in some if one is not None)
        return next((one for one in found if one is not place), None)

    def _by_distance(self, name: str, place: Scope) -> Iterator[_Some]:
        around = place.outer
        while around is not None and around.owner is not None:
            yield self._of_class(around).get(name, ())
            around = around.outer
        path, modules = place.module.path, self._names.modules
        for one in (path, *_conftests(path)):
            if one in modules:
                yield self._of_module(modules[one]).get(name, ())
            elif one in self._names.imports.files and not file_concerns(one, name.encode()):
                yield _UNKNOWN  # it was not read, and might have one of this name
        plugged = [self._of_module(one).get(name, ()) for one in self._plugins(self.modules_around(place))]
        yield tuple(one for some in plugged for one in some)

    # --- what a place has ---

    def _of_class(self, scope: Scope) -> dict[str, _Some]:
        """The fixtures of a class, by the names by which tests ask for them: an attribute hides those of the bases."""
        if scope not in self._tables:
            found: dict[str, list[Scope | None]] = defaultdict(list)
            seen: set[str] = set()
            for one in self._lineage(scope):
                for name in self._names.bindings(one) if one is not None else ():
                    if one is not None and name not in seen:
                        seen.add(name)
                        self._note(found, name, self._names.last_bindings(name, one), one)
            self._tables[scope] = {name: tuple(some) for name, some in found.items()}
        return self._tables[scope]

    def _of_module(self, scope: Scope, seen: frozenset[str] = frozenset()) -> dict[str, _Some]:
        """The fixtures of a module, those that it imports too; `seen` are modules that import it by a star."""
        if scope in self._tables:
            return self._tables[scope]
        found: dict[str, list[Scope | None]] = defaultdict(list)
        for star in scope.module.star_imports:
            path = self._names.imports.resolve(scope.module.path, star.module, star.level)
            found.update(self._starred(path, seen | {scope.module.path}))
        for name in scope.module.bindings:
            self._note(found, name, self._names.last_bindings(name, scope), scope)
        table = {name: tuple(some) for name, some in found.items()}
        if not seen:
            self._tables[scope] = table
        return table

    def _starred(self, path: str | None, seen: frozenset[str]) -> dict[str, list[Scope | None]]:
        """What `from … import *` brings: fixtures that are bound to a name which the other module hands on."""
        target = self._names.modules.get(path) if path and path not in seen else None
        if target is None:
            return {}
        exports = target.module.exports
        return {
            name: list(some)
            for name, some in self._of_module(target, seen).items()
            if all(_is_exported(_bound_name(one, name), exports) for one in some)
        }

    def _note(
        self, found: dict[str, list[Scope | None]], name: str, definitions: tuple[Definition, ...], place: Scope
    ) -> None:
        for one in definitions:
            fixture = self._fixture(name, one, place)
            if fixture is not None:
                found[self._asked_for_as(fixture, name)].append(fixture)
            elif self._may_be_fixture(name, one, place):
                found[name].append(None)

    def _fixture(self, name: str, definition: Definition, place: Scope) -> Scope | None:
        if isinstance(definition, Imported):
            resolved = self._names.resolve(name, place)
            definition = resolved[0][-1] if resolved else definition
        scope = self._names.scope_of(definition) if isinstance(definition, Function) else None
        return scope if scope is not None and self.is_fixture(scope) else None

    def _may_be_fixture(self, name: str, definition: Definition, place: Scope) -> bool:
        """Whether a fixture may hide behind a definition: not lowered, made by a call, or out of sight."""
        match definition:
            case Skipped():
                return definition.is_decorated and not definition.is_class and may_hold_fixtures(place.module)
            case Assigned(value, _, "=", _, _):
                return not isinstance(value, Constant | Collection)
            case Imported(module, _, level):
                is_ours = level > 0 or module.partition(".")[0] not in vocabulary.EXTERNAL_TOPS
                return is_ours and self._names.resolve(name, place) is None
        return False

    # --- where fixtures are looked for ---

    def modules_around(self, scope: Scope) -> tuple[Scope, ...]:
        """A module and each conftest.py beside and above it."""
        path, modules = scope.module.path, self._names.modules
        if path not in self._around:
            above = (modules[one] for one in _conftests(path) if one in modules)
            self._around[path] = (modules[path], *above)
        return self._around[path]

    def _plugins(self, modules: tuple[Scope, ...], depth: int = 0) -> Iterator[Scope]:
        """The modules that some name as plugins of pytest, and those that they name in turn."""
        for module in modules if depth < _DEPTH else ():
            for path in plugins(module.module, self._names.imports):
                if path in self._names.modules:
                    plugin = self._names.modules[path]
                    yield plugin
                    yield from self._plugins((plugin,), depth + 1)


def _conftests(path: str) -> Iterator[str]:
    """The conftest.py beside a file and those in the folders above, whether they are there or not; not itself."""
    folder = posixpath.dirname(path)
    while folder not in ("/", ""):
        if (conftest := f"{folder}/{CONFTEST}") != path:
            yield conftest
        folder = posixpath.dirname(folder)


def _bound_name(fixture: Scope | None, name: str) -> str:
    """What a fixture is called in its own module."""
    return fixture.owner.name if fixture is not None and fixture.owner is not None else name


def _is_exported(name: str, exports: tuple[str, ...] | None) -> bool:
    return not name.startswith("_") if exports is None else name in exports
