"""Which engines several threads meet: those that an app serves with, and those of tests that send requests to one."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Name
from fastapi_session_lint.model.syntax import Function, Imported
from fastapi_session_lint.project.values import FunctionValue, Library, LibraryObject, Scope
from fastapi_session_lint.questions.fixtures import Fixtures

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SERVING = vocabulary.APPLICATIONS | vocabulary.ROUTERS | vocabulary.TEST_CLIENTS
_NAMES = frozenset(name.rpartition(".")[2] for name in _SERVING if name.startswith("fastapi."))
"""What these are called wherever they are imported from: a project may hand them on, or derive its own."""
_PACKAGES = frozenset(name.partition(".")[0] for name in _SERVING)
_DEPTH = 3
"""How many functions deep a test is searched for what starts threads."""


class EngineThreads:
    """The questions about the threads that an engine meets."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fixtures = Fixtures(context)

    def are_several(self, scope: Scope) -> bool:
        """Whether the engine's module, or one that imports it, at whatever remove, has an app or a test client."""
        reached, stack = set[str](), [scope.module.path]
        while stack:
            path = stack.pop()
            if path in self._threaded:
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
    def _threaded(self) -> frozenset[str]:
        """The modules that have an app, a router or a test client."""
        return frozenset(path for path, scope in self._context.names.modules.items() if self._is_threaded(scope))

    def _is_threaded(self, module: Scope) -> bool:
        names = self._context.names
        imported = [one for bound in module.module.bindings.values() for one in bound if isinstance(one, Imported)]
        if any(one.name in _NAMES or f"{one.module}.{one.name}" in _SERVING for one in imported):
            return True
        if not any(one.name is None and one.module.partition(".")[0] in _PACKAGES for one in imported):
            return False
        return any(self._context.contents.calls_any(_SERVING, one) for one in (module, *names.functions_in(module)))

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
