"""All modules together: every scope, and what a name in it is bound to, imports followed to their definition."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from fastapi_session_lint.model.syntax import Assigned, Bindings, Class, Definition, Function, Imported, Module
from fastapi_session_lint.project.roots import ImportMap
from fastapi_session_lint.project.values import Scope

_IMPORTS = 12
"""How many modules a name may be handed through."""


class Names:
    """The answer to "what is this name", for all modules of a project."""

    def __init__(self, modules: Iterable[Module], imports: ImportMap) -> None:
        """`imports` knows every file of the project, also those that were not lowered: see components.import_map."""
        self.imports = imports
        self.modules: dict[str, Scope] = {one.path: Scope(one, None, None) for one in modules}
        self._scopes: dict[int, Scope] = {}
        self.functions: list[Scope] = []
        self.classes: list[Scope] = []
        for scope in self.modules.values():
            self._collect(scope)

    def _collect(self, outer: Scope) -> None:
        """Make the scope of every def and class that a scope binds, and of those within."""
        lambdas = outer.module.lambdas if outer.owner is None else outer.owner.lambdas
        for definitions in (*self.bindings(outer).values(), lambdas):
            for definition in definitions:
                if isinstance(definition, Function | Class) and id(definition) not in self._scopes:
                    scope = Scope(outer.module, definition, outer)
                    self._scopes[id(definition)] = scope
                    (self.functions if isinstance(definition, Function) else self.classes).append(scope)
                    self._collect(scope)

    def functions_in(self, module: Scope) -> tuple[Scope, ...]:
        """The function scopes of one module, lambdas too."""
        return self._functions_by_module.get(module.module.path, ())

    def classes_in(self, module: Scope) -> tuple[Scope, ...]:
        """The class scopes of one module."""
        return self._classes_by_module.get(module.module.path, ())

    @functools.cached_property
    def _functions_by_module(self) -> dict[str, tuple[Scope, ...]]:
        return _by_module(self.functions)

    @functools.cached_property
    def _classes_by_module(self) -> dict[str, tuple[Scope, ...]]:
        return _by_module(self.classes)

    def scope_of(self, definition: Function | Class) -> Scope:
        """The scope within a def or class."""
        return self._scopes[id(definition)]

    def bindings(self, scope: Scope) -> Bindings:
        """What the scope itself binds."""
        return scope.module.bindings if scope.owner is None else scope.owner.bindings

    def last_bindings(self, name: str, scope: Scope) -> tuple[Definition, ...]:
        """What a name of the scope means once all of it has run: to other scopes, and to other modules."""
        owner = scope.module if scope.owner is None else scope.owner
        return owner.last_bindings.get(name) or owner.bindings.get(name, ())

    def _own(self, name: str, scope: Scope) -> tuple[Definition, ...]:
        """What a name means in the very scope that binds it, where an assignment holds only until the next."""
        last = self.last_bindings(name, scope)
        for one in last:
            if isinstance(one, Assigned):
                return self.bindings(scope).get(name, ())
        return last

    def lookup(self, name: str, scope: Scope) -> tuple[tuple[Definition, ...], Scope] | None:
        """The definitions of a name as Python finds it from a scope, and the scope that holds them.

        None for a builtin, or a name that is bound nowhere in sight.
        """
        place: Scope | None = scope
        while place is not None:
            owner = place.owner
            if name in (place.module if owner is None else owner).bindings:
                if place is scope:
                    if not isinstance(owner, Function) or name not in owner.outer_names:
                        return self._own(name, scope), scope
                elif owner is None or (isinstance(owner, Function) and name not in owner.outer_names):
                    return self.last_bindings(name, place), place
            place = place.outer
        return self._star_import(self.modules[scope.module.path], name, frozenset())

    def member(
        self, path: str, name: str, seen: frozenset[str] = frozenset()
    ) -> tuple[tuple[Definition, ...], Scope] | None:
        """The definitions of a name in a module, given by file, its star imports included."""
        scope = self.modules.get(path)
        if scope is None:
            return None
        found = self.last_bindings(name, scope)
        return (found, scope) if found else self._star_import(scope, name, seen)

    def _star_import(
        self, scope: Scope, name: str, seen: frozenset[str]
    ) -> tuple[tuple[Definition, ...], Scope] | None:
        if name.startswith("_") or scope.module.path in seen:
            return None
        for star in scope.module.star_imports:
            path = self.imports.resolve(scope.module.path, star.module, star.level)
            target = self.modules.get(path) if path else None
            if target is None or path is None:
                continue
            if target.module.exports is not None and name not in target.module.exports:
                continue
            if found := self.member(path, name, seen | {scope.module.path}):
                return found
        return None

    def starred_libraries(self, path: str, name: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """The modules outside the project whose names, this one included, a module takes over by star imports."""
        scope = self.modules.get(path)
        if scope is None or path in seen or (seen and name not in (scope.module.exports or {name})):
            return
        for star in scope.module.star_imports:
            target = self.imports.resolve(path, star.module, star.level)
            if target is not None:
                yield from self.starred_libraries(target, name, seen | {path})
            elif not star.level:
                yield star.module

    def resolve(self, name: str, scope: Scope) -> tuple[tuple[Definition, ...], Scope] | None:
        """The definitions of a name with imports followed to the module that makes it, and that module's scope."""
        found = self.lookup(name, scope)
        for _ in range(_IMPORTS):
            if found is None:
                return None
            definitions, home = found
            imported = definitions[-1]
            if not isinstance(imported, Imported):
                return found
            path = self.imports.resolve(home.module.path, imported.module, imported.level)
            found = self.member(path, imported.name) if path and imported.name else None
        return None

    def outside(self, name: str, scope: Scope) -> str | None:
        """The dotted name of what is imported from outside the project under a name."""
        found = self.lookup(name, scope)
        for _ in range(_IMPORTS):
            imported = next((one for one in reversed(found[0]) if isinstance(one, Imported)), None) if found else None
            if imported is None or found is None:
                return None
            path = self.imports.resolve(found[1].module.path, imported.module, imported.level)
            if path is None:
                named = f"{imported.module}.{imported.name}" if imported.name else imported.module
                return None if imported.level else named
            found = self.member(path, imported.name) if imported.name else None
        return None

    def imported_paths(self, scope: Scope) -> Iterator[str]:
        """The modules of the project that a module imports at its own level."""
        path = scope.module.path
        named = (one for definitions in scope.module.bindings.values() for one in definitions)
        for one in (*scope.module.star_imports, *named):
            found = self.imports.resolve(path, one.module, one.level) if isinstance(one, Imported) else None
            if found and isinstance(one, Imported):
                yield found
                inner = self.imports.submodule(found, one.name) if one.name and one.name != "*" else None
                if inner:
                    yield inner

    def all_scopes(self) -> Iterator[Scope]:
        """Every scope whose body runs: modules, then functions, in the order of the files."""
        yield from self.modules.values()
        yield from self.functions


def _by_module(scopes: Iterable[Scope]) -> dict[str, tuple[Scope, ...]]:
    found: dict[str, list[Scope]] = {}
    for scope in scopes:
        found.setdefault(scope.module.path, []).append(scope)
    return {path: tuple(some) for path, some in found.items()}
