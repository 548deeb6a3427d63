"""The sessions that a function opens for itself: by a call, by a factory's `begin()`, by a manager of the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name
from fastapi_session_lint.model.syntax import Function, With
from fastapi_session_lint.project.values import (
    FactoryValue,
    FunctionValue,
    ManagerValue,
    ObjectValue,
    Scope,
    SessionValue,
    Value,
)
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class OwnSession(NamedTuple):
    """A session that a function opens: what it is called there (maybe nothing), the value, its life, where it is made.

    `outer` is the session's life in the project's context manager that opens and closes it, None where a function does
    so by itself; `is_begun` where leaving the block commits.
    """

    name: str
    session: SessionValue
    life: Life
    place: int
    outer: Life | None = None
    is_begun: bool = False

    @property
    def is_committed(self) -> bool:
        """Whether what opens and closes it may commit before it closes."""
        return self.is_begun or (self.outer is not None and any(True for _ in self.outer.acts(Action.COMMIT)))


class OwnSessions:
    """The question "which sessions does a function open"."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._found: dict[int, tuple[OwnSession, ...]] = {}

    def of(self, scope: Scope) -> tuple[OwnSession, ...]:
        """The sessions that a function opens, without those that a registry keeps for others too."""
        if id(scope) not in self._found:
            own = (one for one in self._made(scope) if not one.session.is_scoped)
            self._found[id(scope)] = (*own, *self._entered(scope))
        return self._found[id(scope)]

    def of_any_kind(self, scope: Scope) -> Iterator[OwnSession]:
        """The same, with those of a registry."""
        yield from self._made(scope)
        yield from self._entered(scope)

    def _made(self, scope: Scope) -> Iterator[OwnSession]:
        for creation in self._context.creations(scope):
            life = self._context.life(creation)
            yield OwnSession(self._context.subject(creation), creation.session, life, creation.call.place)

    def _entered(self, scope: Scope) -> Iterator[OwnSession]:
        """Those of `with session_scope() as db`, `with SessionLocal.begin() as db` and `with UnitOfWork() as db`."""
        enters_any = isinstance(scope.owner, Function) and self._context.contents.has_any(_WITH, scope)
        blocks = (one for one in scope.statements if isinstance(one, With)) if enters_any else ()
        for block, item in ((one, item) for one in blocks for item in one.items):
            if not isinstance(item.target, Name) or not isinstance(item.context, Call):
                continue
            entered = self._context.value(item.context, scope)
            given = entered.value if isinstance(entered, ManagerValue) else self._context.value(item.target, scope)
            if not isinstance(given, SessionValue) or given.is_scoped:
                continue
            outer = self._outer_life(entered, block.is_async)
            is_begun = entered == ManagerValue(given, None) and self._is_begin(item.context, scope)
            if outer is not None or is_begun:
                life = self._context.effects.life(scope, item.context, frozenset(), Status.ABSENT)
                yield OwnSession(item.target.id, given, life, item.context.place, outer, is_begun)

    def _outer_life(self, entered: Value | None, is_async: bool) -> Life | None:
        """The life of a block's session in the project's own manager, which opens and closes it."""
        match entered:
            case ManagerValue(_, FunctionValue() as function):
                return self._life_in(function)
            case ObjectValue():
                return self._context.work_units.life_at_end(entered, is_async)
        return None

    def _life_in(self, manager: FunctionValue) -> Life | None:
        """The life of the one session that a context manager yields, and closes on every way out."""
        lives = [self._context.life(one) for one in self._context.creations(manager.scope)]
        given = [life for life in lives if life.yield_places]
        if len(lives) != 1 or not given or len(manager.function.yields) != len(given[0].yield_places):
            return None
        is_closed = all(point.state.status is Status.CLOSED for failed, point in given[0].ends if not failed)
        return given[0] if given[0].complete and is_closed else None

    def _is_begin(self, context: Expression, scope: Scope) -> bool:
        match context:
            case Call(Attribute(owner, method)) if vocabulary.SESSION_METHODS.get(method) is Action.BEGIN:
                return isinstance(self._context.value(owner, scope), FactoryValue)
        return False


_WITH = frozenset({With})
