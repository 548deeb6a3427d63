"""Commits and statements that fail: who catches the error, and what is done with the session after that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.flow.lives import Life, Link, Moment, Point
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.steps import Catch, Leave
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Attribute, Call
from fastapi_session_lint.model.syntax import Function, Try
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Failure(NamedTuple):
    """A commit, flush or statement at `place` whose error the `handler` catches without a rollback.

    `used` is where the failed session is used after that, None where it only goes back to the caller. `is_write` for
    a commit or flush, False for a statement whose failure only PostgreSQL holds against the transaction.
    """

    scope: Scope
    name: str
    is_async: bool
    place: int
    handler: int
    used: int | None
    is_write: bool

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """Used again before only swallowed, commits and flushes before statements, then as they stand."""
        return self.used is None, not self.is_write, self.place


def failures(context: Context, scope: Scope) -> Iterator[Failure]:
    """The swallowed failures of all sessions of a function, one for each handler."""
    owner = scope.owner
    if not isinstance(owner, Function) or not _catches(owner):
        return
    for name, is_async, life in lives(context, scope):
        if life.complete and not life.is_left_open:
            yield from _of_life(context, scope, name, is_async, life)


def lives(context: Context, scope: Scope) -> Iterator[tuple[str, bool, Life]]:
    """Every session that a function makes, is given or finds: its name, whether it is async, its life."""
    for creation in context.creations(scope):
        yield context.subject(creation) or "the session", creation.session.is_async, context.life(creation)
    for name, session in context.borrowed_names(scope):
        for life in context.lives_of_name(scope, name):
            yield name, session.is_async, life


def _catches(function: Function) -> bool:
    return any(isinstance(one, Try) and one.handlers for one in statements(function.body))


def _of_life(context: Context, scope: Scope, name: str, is_async: bool, life: Life) -> Iterator[Failure]:
    found: dict[int, Failure] = {}
    for moment in life.moments:
        if moment.before.status is Status.FAILED and _uses(context, moment):
            _add(found, _failure(scope, name, is_async, life, moment.point, moment))
    for failed, point in life.ends:
        if not failed and point.state.status is Status.FAILED and not _answers(context, scope):
            _add(found, _failure(scope, name, is_async, life, point, None))
    yield from found.values()


def _add(found: dict[int, Failure], failure: Failure | None) -> None:
    """Keep one failure for a handler: one that is used again before one that is not, then the first."""
    if failure is None:
        return
    known = found.get(failure.handler)
    if known is None or known.rank > failure.rank:
        found[failure.handler] = failure


def _answers(context: Context, scope: Scope) -> bool:
    """A route or dependency that swallows the error and returns: its session is closed right after."""
    return context.framework.is_route(scope) or context.is_session_dependency(scope)


def _uses(context: Context, moment: Moment) -> bool:
    """Whether a use needs a session that has not failed."""
    use = moment.use
    if use.kind is UseKind.ACT:
        return use.action in IO_ACTIONS and use.action is not Action.ROLLBACK
    if use.kind is UseKind.PASS and use.effect is not None:
        return use.effect.io is not None and not context.effects.recovers(use.effect)
    return False


def _failure(
    scope: Scope, name: str, is_async: bool, life: Life, point: Point, moment: Moment | None
) -> Failure | None:
    """The failure that a point comes from: its operation, and the handler that caught it."""
    way = life.way(point)
    start = next((index for index, link in enumerate(way) if _made_it_fail(link, point.state.cause)), None)
    if start is None:
        return None
    operation = way[start].raised
    handler = _handler(life, [link.point for link in way[start + 1 :] if link.point is not None] + [point])
    if operation is None or handler is None:
        return None
    is_write = _is_write(operation)
    if not is_write and not (operation.kind is UseKind.ACT and operation.action in (Action.EXECUTE, Action.READ)):
        return None
    if moment is None and operation.kind is UseKind.PASS:
        return None
    commits = moment is not None and (
        moment.use.action is Action.COMMIT or bool(moment.use.effect and moment.use.effect.commits)
    )
    if not is_write and not commits:
        return None
    used = None if moment is None else moment.use.place
    return Failure(scope, name, is_async, operation.place, handler, used, is_write)


def _made_it_fail(link: Link, cause: int) -> bool:
    return link.raised is not None and link.raised.place == cause and cause != NOWHERE


def _is_write(use: Use) -> bool:
    if use.kind is UseKind.PASS:
        return use.effect is not None and (use.effect.commits or use.effect.flushes)
    return use.action in (Action.COMMIT, Action.FLUSH)


def _handler(life: Life, points: list[Point]) -> int | None:
    """The handler that a path enters."""
    for point in points:
        step = life.graph.nodes[point.node].step
        if isinstance(step, Catch):
            return step.handler.place
    return None


# --- errors that arrive at a yield ---


def swallowed_errors(context: Context, scope: Scope) -> Iterator[tuple[int, bool, int]]:
    """Where an endpoint's error ends although it came in at a yield: (place, whether a handler, the yield's place)."""
    life = context.life_of_names(scope, frozenset())
    if not life.complete:
        return
    seen = set()
    points = [point for failed, point in life.ends if not failed]
    points += [moment.point for moment in life.moments if moment.use.kind is UseKind.YIELD]
    for point in points:
        if point.state.cause == NOWHERE:
            continue
        found = _swallowed(life, point)
        if found is not None and found not in seen:
            seen.add(found)
            yield found


def _swallowed(life: Life, point: Point) -> tuple[int, bool, int] | None:
    way = life.way(point)
    start = next(
        (index for index, link in enumerate(way) if link.raised is not None and link.raised.kind is UseKind.YIELD), None
    )
    if start is None:
        return None
    place = way[start].raised
    assert place is not None
    after = [link.point for link in way[start + 1 :] if link.point is not None] + [point]
    if any(link.raised is not None for link in way[start + 1 :]):
        return None
    handler = _handler(life, after)
    if handler is not None:
        return handler, True, place.place
    for one in after:
        step = life.graph.nodes[one.node].step
        if isinstance(step, Leave):
            return step.place, False, place.place
    return place.place, False, place.place


# --- commits without a guard ---


def unguarded_commits(context: Context, scope: Scope) -> Iterator[tuple[int, str, bool]]:
    """Commits after whose failure nothing in the function rolls back or closes: (place, name, is async)."""
    seen = {one.place for one in failures(context, scope)}
    seen |= {call.place for call, _ in unguarded_shared_commits(context, scope)}
    for name, is_async, life in lives(context, scope):
        commits = {use.place for use in life.acts(Action.COMMIT)} - _guarded(life)
        for _, point in life.ends if life.complete else ():
            cause = point.state.cause
            if point.state.status is Status.FAILED and cause in commits and cause not in seen:
                seen.add(cause)
                yield cause, name, is_async


def _guarded(life: Life) -> set[int]:
    """The operations after whose failure some path rolls back or closes."""
    return {
        moment.before.cause for moment in life.moments if moment.before.status is Status.FAILED and _mends(moment.use)
    }


def _mends(use: Use) -> bool:
    if use.kind is UseKind.PASS and use.effect is not None:
        return not use.effect.after.isdisjoint({Status.SETTLED, Status.CLOSED})
    return use.kind is UseKind.ACT and use.action in (Action.ROLLBACK, Action.CLOSE)


def unguarded_shared_commits(context: Context, scope: Scope) -> Iterator[tuple[Call, str]]:
    """Commits on a session that lives as long as the process, with no handler around that rolls back."""
    for call in calls_of(scope):
        match call.function:
            case Attribute(owner, "commit") if name := context.shared.name_of(owner, scope):
                if scope.owner is not None and not _is_guarded(context, scope, call, name):
                    yield call, name


def _is_guarded(context: Context, scope: Scope, call: Call, name: str) -> bool:
    life = context.life_of_names(scope, frozenset({name}))
    return not any(point.state.status is Status.FAILED and point.state.cause == call.place for _, point in life.ends)
