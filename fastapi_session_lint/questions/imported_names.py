"""Whether other modules import a name from a module that has itself only imported it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.model.syntax import Function, Imported
from fastapi_session_lint.project.values import Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def is_handed_on(context: Context, scope: Scope, name: str) -> bool:
    """Whether anyone takes a name from the module of a scope, or the module says in `__all__` that one may.

    A star import takes everything. Access by attribute (`db.sessionmaker`) is not looked for.
    """
    path, names = scope.module.path, context.names
    if scope.module.exports is not None and name in scope.module.exports:
        return True
    taken = (one for other in names.all_scopes() if other.module.path != path for one in _taken(other, name))
    return any(names.imports.resolve(home, one.module, one.level) == path for home, one in taken)


def _taken(scope: Scope, name: str) -> Iterator[tuple[str, Imported]]:
    """The imports of a scope that may take a name, with the path of the importing file."""
    home, owner = scope.module.path, scope.owner
    if owner is None:
        yield from ((home, one) for one in scope.module.star_imports)
    for definitions in (owner.bindings if isinstance(owner, Function) else scope.module.bindings).values():
        yield from ((home, one) for one in definitions if isinstance(one, Imported) and one.name == name)
