"""Commits and statements that fail: who catches the error, and what is done with the session after that."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from fastapi_session_lint.flow.lives import Life, Moment, Point
from fastapi_session_lint.flow.states import Health, State, Status
from fastapi_session_lint.flow.telling import Way, is_certain, way_taken
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import Attribute
from fastapi_session_lint.model.syntax import Function, Try, With
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.questions.catching import Failing, catches, failing
from fastapi_session_lint.questions.followed import handing_places, lives
from fastapi_session_lint.questions.order import following
from fastapi_session_lint.questions.remedies import BY_HAND, Failed, Remedy, remedy
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


_CALLS = 4
"""How many callers up a failed session is followed."""


class Again(NamedTuple):
    """Where a failed session is used again."""

    scope: Scope
    place: int


class _Answer(enum.Enum):
    NOT_USED = "every caller is known, and none uses it"
    UNKNOWN = "it is not known what the callers do"


NOT_USED: Final = _Answer.NOT_USED
UNKNOWN: Final = _Answer.UNKNOWN
Answer = Again | Literal[_Answer.NOT_USED, _Answer.UNKNOWN]


class Failure(NamedTuple):
    """A commit, flush or statement at `place` whose error the `handler` catches without a rollback.

    `used` is where the failed session is used after that, None where it only goes back to the caller. `is_write` for
    a commit or flush, False for a statement whose failure only PostgreSQL holds against the transaction; `is_lost`
    where a commit is the next thing then. The handler `is_suppress` where it is a `with suppress(…)`. It happens
    `at_exit` where leaving the with block at `place` commits. The `remedy` is the rollback that the handler lacks.
    """

    scope: Scope
    name: str
    is_async: bool
    place: int
    handler: int
    used: Again | None
    is_write: bool
    is_lost: bool = False
    is_suppress: bool = False
    at_exit: bool = False
    remedy: Remedy = BY_HAND

    @property
    def rank(self) -> tuple[bool, bool, bool, int]:
        """Used again before only swallowed, commits and flushes before statements, then as they happen."""
        return self.used is None, not self.is_write, self.at_exit, self.place


def failures(context: Context, scope: Scope) -> Iterator[Failure]:
    """The swallowed failures of all sessions of a function, one for each handler."""
    owner = scope.owner
    if not isinstance(owner, Function) or not context.contents.has_any(_CATCHING, scope) or not _catches(owner):
        return
    found: dict[int, Failure] = {}
    for name, is_async, life in lives(context, scope):
        if life.complete and not life.is_left_open:
            for failure in _of_life(context, scope, name, is_async, life):
                _add(found, failure)
    yield from found.values()


def _catches(function: Function) -> bool:
    """Whether a function has a handler, or a with that may be one."""
    return any((isinstance(one, Try) and one.handlers) or isinstance(one, With) for one in statements(function.body))


def _of_life(context: Context, scope: Scope, name: str, is_async: bool, life: Life) -> Iterator[Failure]:
    found: dict[int, Failure] = {}
    ways: dict[tuple[int, int], list[Way]] = defaultdict(list)
    idle = {call.place for call, _, _ in context.awaiting.dropped(scope)} if is_async else set[int]()
    used = [
        (one.point, one, one.before) for one in life.moments if context.effects.fails(one) and one.use.place not in idle
    ]
    ends = () if life.is_made or _answers(context, scope) else life.ends
    left = [(point, None, point.state) for failed, point in ends if not failed and _is_left_failed(point.state)]
    for states in (used, left):  # what is left failed on one way and used on the other is so on each
        seen = []
        for point, moment, state in states:
            failure = _failure(context, scope, name, is_async, life, point, moment)
            if failure is not None and failure.place not in idle:  # what nobody awaits does not run, and cannot fail
                seen.append(failure)
                ways[failure.place, failure.handler].append(way_taken(state))
        for failure in seen:
            if is_certain(ways[failure.place, failure.handler]):
                _add(found, failure)
    for failure in found.values():
        if not failure.is_write and context.writes.is_on_autocommit_engine(life):
            continue  # nothing is undone together with it
        said = failure if failure.used is not None else _asked(context, life, failure)
        if said is not None:
            what = _what_failed(life, said)
            yield said._replace(remedy=remedy(context, life, name, is_async, said.handler, what))


def _add(found: dict[int, Failure], failure: Failure | None) -> None:
    """Keep one failure for a handler: one that is used again before one that is not, then the first."""
    if failure is None:
        return
    known = found.get(failure.handler)
    if known is None or known.rank > failure.rank:
        found[failure.handler] = failure


def _asked(context: Context, life: Life, failure: Failure) -> Failure | None:
    """A failed session goes back: the callers tell whether they go on with it; it is said anyway of a direct commit."""
    again = _use_by_callers(context, failure.scope)
    if isinstance(again, Again):
        return failure._replace(used=again)
    is_direct = any(use.place == failure.place for use in life.uses(UseKind.ACT))
    return failure if is_direct and again is not NOT_USED else None


def _is_left_failed(state: State) -> bool:
    """Whether a failed session goes back to a caller; nothing is said of one that another owner has."""
    return state.health is Health.FAILED and state.status.is_open


def _answers(context: Context, scope: Scope) -> bool:
    """A route, dependency or test that swallows the error and returns: its session is closed right after."""
    return context.framework.is_route(scope) or context.is_session_dependency(scope) or context.is_test(scope)


def _failure(
    context: Context, scope: Scope, name: str, is_async: bool, life: Life, point: Point, moment: Moment | None
) -> Failure | None:
    """The failure that a point comes from: its operation, and the handler that caught it."""
    found = failing(life, point)
    if found is None or not _counts(found, moment):
        return None
    caught = catches(context, life, found)
    if caught is None:
        return None
    operation = found.operation
    is_write = _is_write(operation, moment)
    is_lost = moment is not None and _is_next(life, found, moment)
    if is_lost and not is_write and _has_nothing_to_lose(context, life, operation):
        return None
    return Failure(
        scope,
        name,
        is_async,
        operation.place,
        caught.place,
        None if moment is None else Again(scope, moment.use.place),
        is_write,
        is_lost,
        caught.manager is not None,
        operation.name == "__exit__",
    )


def _counts(found: Failing, moment: Moment | None) -> bool:
    """Whether a swallowed error of an operation matters to what comes after it.

    A failed statement of a callee does so where something has been written in the same transaction.
    """
    operation = found.operation
    if moment is None or _is_write(operation, moment):
        return _is_write(operation, moment)
    if operation.kind is UseKind.PASS:
        return found.before.status is Status.DIRTY or (operation.effect is not None and operation.effect.writes)
    return operation.action in (Action.EXECUTE, Action.READ)


def _is_write(use: Use, moment: Moment | None) -> bool:
    """Whether it is a commit or flush that failed; a callee that commits may have had a statement refused before."""
    if use.kind is UseKind.PASS:
        is_refused = moment is not None and moment.before.health is Health.ABORTED
        return use.effect is not None and (use.effect.commits or use.effect.flushes) and not is_refused
    return use.action in (Action.COMMIT, Action.FLUSH)


def _what_failed(life: Life, failure: Failure) -> Failed:
    if not failure.is_write:
        return Failed.STATEMENT
    if any(use.place == failure.place for use in life.acts(Action.COMMIT)):
        return Failed.COMMIT
    if any(use.place == failure.place for use in life.acts(Action.FLUSH)):
        return Failed.FLUSH
    effects = (use.effect for use in life.uses(UseKind.PASS) if use.place == failure.place)
    commits = any(effect is not None and effect.commits for effect in effects)
    return Failed.COMMITTING_CALL if commits else Failed.FLUSHING_CALL


def _is_next(life: Life, found: Failing, moment: Moment) -> bool:
    """Whether a commit is the next thing that the database is told after the failure, with nothing new to flush."""
    if moment.use.action is not Action.COMMIT:
        return False
    way = set(found.points)
    between = (one.use for one in life.moments if one.point in way and one.before.health is not Health.SOUND)
    return all(use == moment.use or not _talks(use) for use in between)


def _has_nothing_to_lose(context: Context, life: Life, operation: Use) -> bool:
    """Whether a commit only ends what has read: the session is made here, and nothing here writes or changes an object.

    In a loop the refused statement has others after it, which are refused as well.
    """
    owner = life.scope.owner
    if not life.is_made or not isinstance(owner, Function):
        return False
    if any(isinstance(one.target, Attribute) for one in owner.stores):
        return False
    nodes = tuple({one.point.node for one in life.moments if one.use == operation})
    if not following(life.graph, nodes).isdisjoint(nodes):
        return False
    uses = life.uses(UseKind.ACT, UseKind.PASS)
    return not any(context.writing.may_store(use, life.scope) for use in uses)


def _talks(use: Use) -> bool:
    if use.kind is UseKind.PASS:
        return use.effect is not None and use.effect.io is not None
    return use.kind is UseKind.ACT and (use.action in IO_ACTIONS or use.action is Action.WRITE)


# --- callers who get a failed session back ---


def _use_by_callers(context: Context, scope: Scope, depth: int = 0) -> Answer:
    """Where a caller, or a caller's caller, uses the session that a function gives back failed.

    A test fails with what it tests, and so it is no caller of code that is not part of the tests itself.
    """
    is_test = context.is_test(scope)
    callers = [one for one in context.framework.callers(scope) if is_test or not context.is_test(one)]
    answer: Answer = NOT_USED if callers and depth < _CALLS else UNKNOWN
    for caller in callers if depth < _CALLS else ():
        followed = [(life, calls) for _, _, life in lives(context, caller) if (calls := handing_places(life, scope))]
        answers = [_use_in(context, caller, life, calls, depth) for life, calls in followed]
        again = next((one for one in answers if isinstance(one, Again)), None)
        if again is not None:
            return again
        if not answers or UNKNOWN in answers:
            answer = UNKNOWN
    return answer


def _use_in(context: Context, caller: Scope, life: Life, calls: frozenset[int], depth: int) -> Answer:
    if not life.complete:
        return UNKNOWN
    used = [one for one in life.moments if _comes_from(one.before, calls) and context.effects.fails(one)]
    ways = [way_taken(one.before) for one in used]
    if is_certain(ways):
        return Again(caller, used[0].use.place)
    given_back = [point.state for failed, point in life.ends if not failed]
    given_back = [one for one in given_back if _comes_from(one, calls) and _is_left_failed(one)]
    if given_back and is_certain(ways + [way_taken(one) for one in given_back]):
        return UNKNOWN if _answers(context, caller) else _use_by_callers(context, caller, depth + 1)
    return NOT_USED


_CATCHING = frozenset({Try, With})


def _comes_from(state: State, calls: frozenset[int]) -> bool:
    """Whether a session failed in one of these calls, which returned all the same."""
    return state.is_returned and state.cause in calls
