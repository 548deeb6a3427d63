"""Every session that a function has, followed through it, and where it hands one to another function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.project.values import Scope

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def lives(context: Context, scope: Scope) -> Iterator[tuple[str, bool, Life]]:
    """Every session that a function makes, is given or finds: its name, whether it is async, its life."""
    for creation in context.creations(scope):
        yield context.subject(creation) or "the session", creation.session.is_async, context.life(creation)
    for name, session in context.borrowed_names(scope):
        for life in context.lives_of_name(scope, name):
            yield name, session.is_async, life


def handing_places(life: Life, scope: Scope) -> frozenset[int]:
    """Where a function is called with the session."""
    passed = ((use.place, use.effect) for use in life.uses(UseKind.PASS))
    return frozenset(place for place, effect in passed if effect and effect.source and effect.source[0] is scope)
