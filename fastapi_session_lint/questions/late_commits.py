"""Commits of a dependency that run behind its `yield`, and so behind the answer of most FastAPI releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Call, Constant, Expression
from fastapi_session_lint.model.syntax import Function, With, WithItem
from fastapi_session_lint.model.walk import all_expressions, statements
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    Library,
    ManagerValue,
    MarkerValue,
    ObjectValue,
    Scope,
    SessionValue,
)
from fastapi_session_lint.questions.order import following
from fastapi_session_lint.vocabulary import DEPENDS_WITH_SCOPE, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_OWN_WORK = (Action.WRITE, Action.EXECUTE, Action.READ)
_REQUEST = "request"


class LateCommit(NamedTuple):
    """A commit that runs when a generator goes on behind its `yield`.

    `what` is the function called, None where leaving a block commits; `yielded` is the place of the yield. `via` leads
    to the commit where that stands in another function.
    """

    what: str | None
    place: int
    yielded: int
    via: Note | None = None


class LateCommits:
    """The questions about commits behind a yield."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def of(self, scope: Scope) -> LateCommit | None:
        """What a dependency commits after its yield: by leaving a block, or by a commit of its own."""
        context = self._context
        if context.is_test(scope) or not context.is_session_dependency(scope) or self._is_called_only(scope):
            return None
        return self.behind_yield(scope)

    def behind_yield(self, scope: Scope) -> LateCommit | None:
        """What a generator commits when it goes on after its yield, whoever calls it."""
        return self._late(scope, frozenset())

    def _is_called_only(self, scope: Scope) -> bool:
        """Whether the project speaks of a generator and injects it nowhere."""
        if self._context.framework.is_dependency(scope):
            return False
        return not self._context.injections.is_only_injected(FunctionValue(scope))

    def _late(self, scope: Scope, seen: frozenset[int]) -> LateCommit | None:
        if id(scope) in seen:
            return None
        for _, _, life in self._context.transactions.lives(scope):
            found = self._late_in_life(life) if life.complete else None
            if found is not None:
                return found
        return self._late_by_manager(scope, seen | {id(scope)})

    def _late_in_life(self, life: Life) -> LateCommit | None:
        transactions = self._context.transactions
        yields = [moment for moment in life.moments if moment.use.kind is UseKind.YIELD]
        for moment in yields:
            for begin in transactions.begins_around(life, moment.before).values():
                return LateCommit(None, begin.place, moment.use.place)
        final = self._context.final_commits.places(life.scope)
        commits = [
            one
            for one in life.moments
            if one.use.place not in final
            and one.before.status is not Status.CLOSED
            and ((one.use.kind is UseKind.ACT and one.use.action is Action.COMMIT) or transactions.commit_of(one.use))
        ]
        barriers = {one.point.node for one in commits}
        for moment in yields:
            after = following(life.graph, (moment.point.node,), barriers)
            for one in commits:
                if one.point.node in after and not _works_in(life, after - barriers):
                    via = transactions.commit_of(one.use)
                    return LateCommit(one.use.name, one.use.place, moment.use.place, via)
        return None

    def _late_by_manager(self, scope: Scope, seen: frozenset[int]) -> LateCommit | None:
        """A context manager around the yield that commits when it is left."""
        owner = scope.owner
        assert isinstance(owner, Function)
        for statement in statements(owner.body):
            if not isinstance(statement, With):
                continue
            inside = {id(one) for one in all_expressions(statement.body)}
            yields = [one for one in owner.yields if id(one) in inside]
            for item in statement.items if yields else ():
                via = self._commit_on_leaving(item, scope, seen)
                if via is not None:
                    place = item.context.place if isinstance(item.context, Call) else statement.place
                    return LateCommit(None, place, yields[0].place, via)
        return None

    def _commit_on_leaving(self, item: WithItem, scope: Scope, seen: frozenset[int]) -> Note | None:
        match self._context.value(item.context, scope):
            case ManagerValue(_, FunctionValue(manager)):
                found = self._late(manager, seen)
                if found is not None:
                    return found.via or self._context.note(manager, found.place, "this commits when it is left")
            case ObjectValue(of):
                return self._commit_of_exit(of)
        return None

    def _commit_of_exit(self, of: ClassValue) -> Note | None:
        """Where leaving an object commits a session that it keeps."""
        roles = self._context.roles
        for method in ("__aexit__", "__exit__"):
            function = roles.member(of, method, ObjectValue(of))
            for attribute in sorted(of.definition.attributes) if isinstance(function, FunctionValue) else ():
                if not isinstance(roles.member(of, attribute, ObjectValue(of)), SessionValue):
                    continue
                effect = self._context.effects.of_attribute(function, attribute)
                if effect is not None and effect.commits and effect.source is not None:
                    place = effect.source[0].owner.place if effect.source[0].owner is not None else 0
                    return self._context.note(effect.source[0], place, f"`{method}` commits")
        return None

    def ends_before_response(self, scope: Scope) -> bool:
        """Whether a dependency is injected, and everywhere so that its code behind the yield precedes the response."""
        return bool(self._context.framework.markers(scope)) and not self._waiting(scope)

    def _waiting(self, scope: Scope) -> list[MarkerValue]:
        """The `Depends` of the application for a dependency whose code behind the yield waits for the response."""
        markers = [one for one in self._context.framework.markers(scope) if not self._context.is_test(one.scope)]
        return [one for one in markers if scope_of(one) == _REQUEST]

    def only_marker(self, scope: Scope) -> tuple[Scope, int] | None:
        """Where the one `Depends` of a dependency stands that can be given a scope, if that is in the same file."""
        match self._waiting(scope):
            case [MarkerValue(_, home, call)] if home.module is scope.module:
                value = self._context.value(call.function, home)
                takes_scope = isinstance(value, Library) and value.name in DEPENDS_WITH_SCOPE
                return (home, call.place) if takes_scope else None
        return None


def _works_in(life: Life, nodes: frozenset[int]) -> bool:
    """Whether a function does something of its own with the session in some nodes."""
    return any(
        moment.point.node in nodes and moment.use.kind is UseKind.ACT and moment.use.action in _OWN_WORK
        for moment in life.moments
    )


def scope_of(marker: MarkerValue) -> str:
    """What a marker says of when the code behind the yield runs: "request" where it says nothing; "" if unknown."""
    given: Expression | None = argument(marker.call, "scope")
    if given is None:
        return _REQUEST
    return given.value if isinstance(given, Constant) and isinstance(given.value, str) else ""
