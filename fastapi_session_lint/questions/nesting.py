"""Whether all that a try statement does with a session can be done in a savepoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.model.syntax import Try
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_CALLS = 6
"""How many calls deep it is looked what is done."""
_WORK = frozenset({Action.WRITE, Action.EXECUTE, Action.READ, Action.FLUSH, Action.LOCAL})
_APART = frozenset({UseKind.CALL, UseKind.NAME, UseKind.STORE, UseKind.RETURN})
"""What does nothing to the session."""


def uses_in(life: Life, statement: Try) -> list[Use]:
    """What happens to a session between the head of a try statement and its handlers."""
    places = life.scope.module.places
    start, end = places[statement.place], places[statement.handlers[0].place]
    met = dict.fromkeys(moment.use for moment in life.moments if moment.use.place != NOWHERE)
    return [use for use in met if start < places[use.place] < end]


def can_be_nested(context: Context, scope: Scope, uses: Iterable[Use], depth: int = 0) -> bool:
    """Whether nothing of this ends the transaction, as far as it is known: that would close the savepoint as well."""
    return all(_can_be_nested(context, scope, use, depth) for use in uses)


def _can_be_nested(context: Context, scope: Scope, use: Use, depth: int) -> bool:
    match use.kind:
        case UseKind.ACT:
            return use.action in _WORK and not context.writing.ends_transaction(use, scope)
        case UseKind.PASS:
            return use.effect is not None and _stays_open(context, use.effect, depth)
    return use.kind in _APART


def _stays_open(context: Context, effect: Effect, depth: int) -> bool:
    if effect.source is None or depth >= _CALLS:
        return False
    life = context.life_of_names(*effect.source)
    return life.complete and can_be_nested(context, life.scope, {moment.use for moment in life.moments}, depth + 1)
