"""Imports of names that SQLAlchemy has moved, and whether they are there for an old release."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.syntax import Imported
from fastapi_session_lint.project.fallbacks import tried_imports
from fastapi_session_lint.project.values import Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class MovedImport(NamedTuple):
    """An import statement, by its place, and those of its names that warn when they are used."""

    place: int
    names: tuple[str, ...]


class MovedNames:
    """The questions about moved names."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, bool] = {}

    def imports(self, scope: Scope) -> Iterator[MovedImport]:
        """The imports in a scope that name something by its old module, and only by that."""
        if not self._imports_any(scope.module.path):
            return
        found: dict[int, set[str]] = defaultdict(set)
        for definitions in self._context.names.bindings(scope).values():
            imported = [one for one in definitions if isinstance(one, Imported)]
            modules = {(one.module, one.name) for one in imported}
            for one in imported:
                # A name that is also imported from elsewhere is found by whichever of the releases is installed.
                if len(modules) == 1 and one.name in vocabulary.MOVED_DECLARATIVE_NAMES and _is_old(one):
                    found[one.place].add(one.name)
        tried = list(tried_imports(scope)) if found else []
        for place in sorted(found):
            here = self._context.span(scope, place)
            if not any(span.row <= here.row and here.end <= span.end for span in tried):
                yield MovedImport(place, tuple(sorted(found[place])))

    def _imports_any(self, path: str) -> bool:
        """Whether a module imports anything from where the names have been."""
        if path not in self._known:
            names = self._context.names
            module = names.modules[path]
            self._known[path] = any(
                isinstance(one, Imported) and _is_old(one)
                for scope in (module, *names.classes_in(module), *names.functions_in(module))
                for definitions in names.bindings(scope).values()
                for one in definitions
            )
        return self._known[path]


def _is_old(imported: Imported) -> bool:
    return imported.module == vocabulary.OLD_DECLARATIVE_MODULE and not imported.level
