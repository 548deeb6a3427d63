"""Imports in a `try` that catches ImportError: one name, looked for in more than one place."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_session_lint.findings import Span
from fastapi_session_lint.model.expressions import NOWHERE, Collection, Expression, last_name
from fastapi_session_lint.model.syntax import Definition, Imported, Try
from fastapi_session_lint.project.values import Scope

_IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def tried_imports(scope: Scope) -> Iterator[Span]:
    """Where in the body of a scope a failing import is caught."""
    for statement in scope.statements:
        if isinstance(statement, Try) and any(_catches_imports(one.types) for one in statement.handlers):
            yield scope.module.places[statement.place]


def first_tried(definitions: tuple[Definition, ...], scope: Scope) -> Imported | None:
    """Of several imports of one name the one that is tried first; None where they are no fallbacks of each other."""
    imported = [one for one in definitions if isinstance(one, Imported)]
    if len(imported) < len(definitions) or len(imported) < 2 or any(one.place == NOWHERE for one in imported):
        return None
    rows = sorted(scope.module.places[one.place].row for one in imported)
    if not any(span.row <= rows[0] and rows[-1] <= span.end[0] for span in tried_imports(scope)):
        return None
    return min(imported, key=lambda one: scope.module.places[one.place].row)


def _catches_imports(types: Expression | None) -> bool:
    if isinstance(types, Collection):
        return any(_catches_imports(one) for one in types.items)
    return types is None or last_name(types) in _IMPORT_ERRORS
