"""Which files are of the application itself, though they are named like tests: those that it imports.

`routers/test.py` of a school, `test_results.py` of a laboratory: pytest would look for tests in them, and the program
serves requests by them. Nothing but tests imports tests. What lies in a folder of tests is for tests, whoever takes it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Container, Iterable, Sequence

from fastapi_session_lint.model.syntax import Imported, Module
from fastapi_session_lint.project.imports import all_imports, imported
from fastapi_session_lint.project.roots import ImportMap


def named_like_tests(modules: Sequence[Module], imports: ImportMap) -> frozenset[str]:
    """The paths of the modules that are named like tests, and are imported by others that hold none."""
    doubtful = {one.path for one in modules if imports.is_only_named_like_a_test(one.path)}
    names = frozenset(posixpath.basename(path).removesuffix(".py") for path in doubtful)
    importers = [one for one in modules if doubtful and any(_may_mean(found, names) for found in all_imports(one))]
    found: set[str] = set()
    while more := (doubtful - found) & _taken(importers, found, imports):
        found |= more
    return frozenset(found)


def _taken(importers: Iterable[Module], found: Container[str], imports: ImportMap) -> set[str | None]:
    """What those of some modules import that are `found` to hold no tests, or are not named like it."""
    of_application = (one for one in importers if one.path in found or not imports.is_test(one.path))
    return {path for one in of_application for pair in imported(one, imports) for path in pair if path != one.path}


def _may_mean(one: Imported, names: frozenset[str]) -> bool:
    """Whether an import may go to a module by one of some names."""
    return one.name in names or one.module.rpartition(".")[2] in names
