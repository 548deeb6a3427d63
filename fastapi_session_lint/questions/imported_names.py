"""Whether other modules import a name from a module that has itself only imported it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.model.expressions import Attribute, Expression
from fastapi_session_lint.model.syntax import Function, Imported
from fastapi_session_lint.model.walk import all_expressions, subexpressions
from fastapi_session_lint.project.values import ModuleValue, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def is_handed_on(context: Context, scope: Scope, name: str) -> bool:
    """Whether anyone takes a name from the module of a scope, or the module says in `__all__` that one may.

    A star import takes everything; `db.sessionmaker` takes it too.
    """
    path, names = scope.module.path, context.names
    if scope.module.exports is not None and name in scope.module.exports:
        return True
    taken = (one for other in names.all_scopes() if other.module.path != path for one in _taken(other, name))
    if any(names.imports.resolve(home, one.module, one.level) == path for home, one in taken):
        return True
    reads = ((one, other) for other in names.all_scopes() if other.module.path != path for one in _read(other, name))
    return any(context.value(owner, other) == ModuleValue(path) for owner, other in reads)


def _read(scope: Scope, name: str) -> Iterator[Expression]:
    """What a scope reads an attribute of that name of, in its statements and annotations."""
    owner = scope.owner
    texts: list[Expression | None] = []
    if isinstance(owner, Function):
        texts += [owner.returns, *(one.annotation for one in owner.parameters)]
    written = (part for one in texts if one is not None for part in subexpressions(one))
    for part in (*written, *all_expressions(scope.module.body if owner is None else owner.body)):
        if isinstance(part, Attribute) and part.name == name:
            yield part.value


def _taken(scope: Scope, name: str) -> Iterator[tuple[str, Imported]]:
    """The imports of a scope that may take a name, with the path of the importing file."""
    home, owner = scope.module.path, scope.owner
    if owner is None:
        yield from ((home, one) for one in scope.module.star_imports)
    for definitions in (owner.bindings if isinstance(owner, Function) else scope.module.bindings).values():
        yield from ((home, one) for one in definitions if isinstance(one, Imported) and one.name == name)
