"""Which modules have to do with each other: they are linked and judged together, and no other one says a word in it.

A project is a graph: its modules, with an edge for each import that is found in it. What no chain of imports joins are
different programs that lie in one repository. pytest adds edges of its own: a conftest.py is there for all tests below
its folder, and names the plugins that bring more fixtures.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Collection, Constant, Expression
from fastapi_session_lint.model.syntax import Assigned, Class, Function, Imported, Module
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
    joined = _Joined(by_path)
    packages: dict[str, str] = {}
    for path, module in by_path.items():
        for target in (*links(module, imports), *_fixtures(module, imports), *_conftests(path)):
            joined.join(path, target)
        for folder in _packages_named(module, imports):
            joined.join(path, packages.setdefault(folder, path))
    for folder, path in packages.items():
        for inner in by_path:
            if inner.startswith(f"{folder}/"):
                joined.join(path, inner)
    groups: dict[str, list[str]] = {}
    for path in sorted(by_path):
        groups.setdefault(joined.top(path), []).append(path)
    large = [paths for paths in groups.values() if len(paths) >= _SMALL]
    small = sorted(path for paths in groups.values() if len(paths) < _SMALL for path in paths)
    return [tuple(by_path[path] for path in paths) for paths in (*large, small) if paths]


def import_map(modules: Iterable[Module], paths: Iterable[str], sources: Iterable[str] = ()) -> ImportMap:
    """The map of a project that has been told of all imports; `paths` are all its files, see ImportMap."""
    imports = ImportMap(paths, sources)
    for module in modules:
        named = (one for definitions in module.bindings.values() for one in definitions)
        for one in (*named, *module.star_imports):
            if isinstance(one, Imported) and not one.level:
                imports.expect(one.module)
    return imports


# --- edges -----------------------------------------------------------------------------------------------------------


def links(module: Module, imports: ImportMap) -> tuple[str | None, ...]:
    """The files and folders that a module imports, each once, those in its functions and the packages on the way too.

    None stands for what is not of the project.
    """
    return tuple(dict.fromkeys(_links(module, imports)))


def _links(module: Module, imports: ImportMap) -> Iterator[str | None]:
    for found, named in _imported(module, imports):
        yield found
        yield named
        if found is not None:
            yield from _packages(found, imports)


def _packages_named(module: Module, imports: ImportMap) -> Iterator[str]:
    """The folders of the packages that a module has names for: all below may be reached by attributes from there."""
    for _, named in _imported(module, imports):
        folder = imports.package_folder(named) if named is not None else None
        if folder is not None:
            yield folder


def _imported(module: Module, imports: ImportMap) -> Iterator[tuple[str | None, str | None]]:
    """By import, the file or folder that it goes to, and the one that it gives a name to if that is a module at all."""
    for one in _imports(module):
        found = imports.resolve(module.path, one.module, one.level)
        if found is None or one.name is None:
            yield found, found
        else:
            yield found, imports.submodule(found, one.name) if one.name != "*" else None


def _imports(scope: Module | Function | Class) -> Iterator[Imported]:
    """Every import of a module, class or function and of those within."""
    for definitions in (*scope.bindings.values(), scope.lambdas):
        for one in definitions:
            if isinstance(one, Imported):
                yield one
            elif isinstance(one, Function | Class):
                yield from _imports(one)
    if isinstance(scope, Module):
        yield from scope.star_imports


def _packages(path: str, imports: ImportMap) -> Iterator[str]:
    folder = posixpath.dirname(path)
    while (initial := f"{folder}/__init__.py") in imports.files:
        yield initial
        folder = posixpath.dirname(folder)


def _conftests(path: str) -> Iterator[str]:
    folder = posixpath.dirname(path)
    while len(folder) > 1:
        yield f"{folder}/conftest.py"
        folder = posixpath.dirname(folder)


def _fixtures(module: Module, imports: ImportMap) -> Iterator[str | None]:
    """The modules of fixtures that a conftest.py names."""
    for one in module.bindings.get(vocabulary.PLUGINS_OF_TESTS, ()):
        for name in _texts(one.value) if isinstance(one, Assigned) else ():
            yield imports.resolve(module.path, name, 0)


def _texts(value: Expression) -> Iterator[str]:
    for one in value.items if isinstance(value, Collection) else (value,):
        if isinstance(one, Constant) and one.kind == "text":
            yield str(one.value)


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
