"""What a module imports, in its functions and classes too: each import with the file or folder that it goes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Collection, Constant, Expression
from fastapi_session_lint.model.syntax import Assigned, Class, Function, Imported, Module
from fastapi_session_lint.project.roots import ImportMap

Found: TypeAlias = tuple[str | None, str | None]
"""The file or folder that an import goes to, and the one that it gives a name to if that is a module at all."""


def links(module: Module, imports: ImportMap) -> tuple[str | None, ...]:
    """The files and folders that a module imports, each once, those in its functions and the packages on the way too.

    None stands for what is not of the project.
    """
    return tuple(dict.fromkeys(on_the_way(imported(module, imports), imports)))


def on_the_way(led_to: Iterable[Found], imports: ImportMap) -> Iterator[str | None]:
    """What imports go to, give names to, and pass: the packages above."""
    for found, named in led_to:
        yield found
        yield named
        if found is not None:
            yield from imports.packages(found)


def imported(module: Module, imports: ImportMap) -> Iterator[Found]:
    """What each import of a module has led to; no file or folder where it is not of the project."""
    for one in all_imports(module):
        found = imports.resolve(module.path, one.module, one.level)
        if found is None or one.name is None:
            yield found, found
        else:
            yield found, imports.submodule(found, one.name) if one.name != "*" else None


def plugins(module: Module, imports: ImportMap) -> Iterator[str]:
    """The modules of the project that one names as plugins of pytest, which bring fixtures."""
    for one in module.bindings.get(vocabulary.PLUGINS_OF_TESTS, ()):
        for name in _texts(one.value) if isinstance(one, Assigned) else ():
            if (path := imports.resolve(module.path, name, 0)) is not None:
                yield path


def _texts(value: Expression) -> Iterator[str]:
    for one in value.items if isinstance(value, Collection) else (value,):
        if isinstance(one, Constant) and one.kind == "text":
            yield str(one.value)


_SCOPES = (Function, Class)


def all_imports(scope: Module | Function | Class) -> Iterator[Imported]:
    """Every import of a module, class or function and of those within."""
    waiting: list[Module | Function | Class] = [scope]
    while waiting:
        one = waiting.pop()
        for definitions in (*one.bindings.values(), one.lambdas):
            for bound in definitions:
                if isinstance(bound, Imported):
                    yield bound
                elif isinstance(bound, _SCOPES):
                    waiting.append(bound)
    if isinstance(scope, Module):
        yield from scope.star_imports
