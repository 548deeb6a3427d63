"""Which engines several threads meet: those that an app serves with, and those of tests that send requests to one."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Name
from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.values import FunctionValue, Library, LibraryObject, Scope
from fastapi_session_lint.questions.fixtures import Fixtures

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_DEPTH = 3
"""How many functions deep a test is searched for what starts threads."""


class EngineThreads:
    """The questions about the threads that an engine meets."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fixtures = Fixtures(context)

    def are_several(self, scope: Scope) -> bool:
        """Whether the engine's module, or one that imports it, at whatever remove, has an app or a test client."""
        threaded = {module.path for module in self._context.threaded_modules}
        reached, stack = set[str](), [scope.module.path]
        while stack:
            path = stack.pop()
            if path in threaded:
                return True
            if path not in reached:
                reached.add(path)
                stack += self._importers.get(path, ())
        return False

    def is_one(self, scope: Scope) -> bool:
        """Whether an engine that is made in a scope is surely that of one thread: of a script, or of one quiet test."""
        if not self._context.is_test(scope):
            return self._context.framework.startup.is_one_off(self._context.names.modules[scope.module.path])
        if not isinstance(scope.owner, Function) or not self._fixtures.is_run_by_pytest(scope):
            return False
        return not any(self._starts_threads(one, 0) for one in (scope, *self._fixtures.around(scope)))

    def _starts_threads(self, scope: Scope, depth: int) -> bool:
        """Whether a function names an app, a test client or a thread, itself or by a function that it names."""
        for name in sorted(scope.owner.reads) if isinstance(scope.owner, Function) and depth < _DEPTH else ():
            value = self._context.value(Name(name), scope)
            if isinstance(value, Library | LibraryObject) and value.name in vocabulary.THREADED:
                return True
            if isinstance(value, FunctionValue) and self._starts_threads(value.scope, depth + 1):
                return True
        return False

    @functools.cached_property
    def _importers(self) -> dict[str, list[str]]:
        """The modules that import each module."""
        found: dict[str, list[str]] = defaultdict(list)
        for importer, imported in self._imports():
            found[imported].append(importer)
        return found

    def _imports(self) -> Iterator[tuple[str, str]]:
        for path, scope in self._context.names.modules.items():
            for imported in self._context.names.imported_paths(scope):
                yield path, imported
