"""Whether a function takes the session from around it, instead of being given it."""

from __future__ import annotations

from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.values import FunctionValue, Scope


def captures(function: FunctionValue, names: frozenset[str], scope: Scope) -> bool:
    """Whether a function reads the very name that stands for the session in a scope, not one that is like it."""
    roots = {name.partition(".")[0].partition(">")[0] for name in names}.intersection(function.function.reads)
    if not roots or _is_within(function.scope, scope):
        return bool(roots)
    owner = scope.owner
    own = owner.bindings.keys() - owner.outer_names if isinstance(owner, Function) else frozenset[str]()
    return bool(roots - own)


def _is_within(inner: Scope | None, scope: Scope) -> bool:
    while inner is not None and inner is not scope:
        inner = inner.outer
    return inner is not None
