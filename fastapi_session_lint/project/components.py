"""Which modules have to do with each other: they are linked and judged together, and no other one says a word in it.

A project is a graph: its modules, with an edge for each import that is found in it. What no chain of imports joins are
different programs that lie in one repository. Who has a name for a package may reach all below it by attributes. pytest
adds edges of its own: a conftest.py is there for all tests below its folder, and names the plugins that bring fixtures.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from fastapi_session_lint.model.syntax import Imported, Module
from fastapi_session_lint.project.application import named_like_tests
from fastapi_session_lint.project.imports import Found, imported, on_the_way, plugins
from fastapi_session_lint.project.roots import ImportMap

_SMALL = 8
"""Components of fewer modules are judged together: each costs what it costs to ask all rules."""


Component: TypeAlias = tuple[Module, ...]
"""Modules that are judged together, in the order of their paths."""


def components(modules: Iterable[Module], imports: ImportMap) -> list[Component]:
    """The modules of a project as they belong together; those of small components form one.

    `imports` has been told of all of them: see `import_map`.
    """
    by_path = {one.path: one for one in modules}
    joined = _joined(by_path, imports)
    groups: dict[str, list[str]] = {}
    for path in sorted(by_path):
        groups.setdefault(joined.top(path), []).append(path)
    large = [paths for paths in groups.values() if len(paths) >= _SMALL]
    small = sorted(path for paths in groups.values() if len(paths) < _SMALL for path in paths)
    return [tuple(by_path[path] for path in paths) for paths in (*large, small) if paths]


def _joined(by_path: Mapping[str, Module], imports: ImportMap) -> _Joined:
    joined = _Joined(by_path)
    packages: dict[str, str] = {}
    above = functools.cache(_above)
    for path, module in by_path.items():
        found = dict.fromkeys(imported(module, imports))
        for target in (*on_the_way(found, imports), *plugins(module, imports)):
            joined.join(path, target)
        for folder in above(posixpath.dirname(path)):
            joined.join(path, f"{folder}/conftest.py")
        for folder in _packages_named(found, imports):
            joined.join(path, packages.setdefault(folder, path))
    for inner in by_path if packages else ():
        for folder in above(posixpath.dirname(inner)):
            joined.join(inner, packages.get(folder))
    return joined


def import_map(modules: Sequence[Module], paths: Iterable[str], sources: Iterable[str] = ()) -> ImportMap:
    """The map of a project that has been told of all imports; `paths` are all its files, see ImportMap."""
    imports = ImportMap(paths, sources)
    for module in modules:
        named = (one for definitions in module.bindings.values() for one in definitions)
        for one in (*named, *module.star_imports):
            if isinstance(one, Imported) and not one.level:
                imports.expect(one.module)
    imports.serve(named_like_tests(modules, imports))
    return imports


# --- edges -----------------------------------------------------------------------------------------------------------


def _packages_named(found: Iterable[Found], imports: ImportMap) -> Iterator[str]:
    """The folders of the packages that a module has names for: all below may be reached by attributes from there."""
    for _, named in found:
        folder = imports.package_folder(named) if named is not None else None
        if folder is not None:
            yield folder


def _above(folder: str) -> tuple[str, ...]:
    """A folder and those above it."""
    return (folder, *_above(posixpath.dirname(folder))) if folder not in ("", "/") else ()


class _Joined:
    """A partition of paths that grows coarser: who is joined has the same top."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._above = {path: path for path in paths}

    def top(self, path: str) -> str:
        """The one path by which a class is known."""
        while self._above[path] != path:
            self._above[path] = self._above[self._above[path]]
            path = self._above[path]
        return path

    def join(self, one: str, other: str | None) -> None:
        """Make one class of two; what is none of the paths is left out."""
        if other is not None and other in self._above:
            self._above[self.top(one)] = self.top(other)
