"""Who ends a transaction: commits that a block of `begin()`, or an error on its way, makes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life, Moment
from fastapi_session_lint.flow.states import State, Status
from fastapi_session_lint.flow.steps import Enter, Exit
from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name
from fastapi_session_lint.model.syntax import Assigned, Function, With
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, is_true
from fastapi_session_lint.project.values import FactoryValue, FunctionValue, Library, Scope, SessionClass
from fastapi_session_lint.questions.followed import lives
from fastapi_session_lint.questions.order import following, is_always_met
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_ENDS = frozenset({Action.COMMIT, Action.ROLLBACK})
_UNDOES = frozenset({Action.CLOSE, Action.ROLLBACK})
_HARMLESS = frozenset({Action.CLOSE, Action.ROLLBACK, Action.UNDO, Action.FLUSH, Action.LOCAL})
"""What a session takes in a block of `begin()` whose transaction is over."""


class Begin(NamedTuple):
    """A `begin()` whose block ends the transaction by itself."""

    scope: Scope
    place: int


class Ending(NamedTuple):
    """A commit or rollback at `place` inside of such a block.

    `method` is what is called, of the session (`is_own`) or with it; `commit` tells where a called function commits.
    `used` is where the session is used after that in the same block, None where it is not. It `is_ended` there where a
    close or rollback comes after it in any case: then the block has nothing left to commit.
    """

    name: str
    method: str
    is_own: bool
    is_async: bool
    place: int
    begin: Begin
    used: int | None
    commit: Note | None
    is_ended: bool


class Transactions:
    """The questions about the ends of transactions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._begun: dict[int, Begin | None] = {}
        self._committing: dict[tuple[int, frozenset[str]], Note | None] = {}

    def lives(self, scope: Scope) -> Iterator[tuple[str, bool, Life]]:
        """Every session of a function, those that a factory's `begin()` makes included: name, is async, life."""
        yield from lives(self._context, scope)
        enters_any = isinstance(scope.owner, Function) and self._context.contents.has_any(_WITH, scope)
        for statement in scope.statements if enters_any else ():
            if not isinstance(statement, With):
                continue
            for item in statement.items:
                if isinstance(item.target, Name) and self._is_factory_begin(item.context, scope):
                    life = self._context.effects.life(scope, item.context, frozenset(), Status.ABSENT)
                    yield item.target.id, statement.is_async, life

    # --- blocks of begin() ---

    def begins_around(self, life: Life, state: State) -> dict[int, Begin]:
        """The blocks that a session is in and that end its transaction, by their numbers in the graph."""
        found = {}
        for node in life.graph.nodes if state.entered else ():
            step = node.step
            if isinstance(step, Enter) and self._is_begun(life.scope, step, state):
                context = step.item.context
                place = context.place if isinstance(context, Call) else step.place
                found[step.block] = Begin(life.scope, place)
        return found

    def _is_begun(self, scope: Scope, step: Enter, state: State) -> bool:
        if (step.block, "finish") in state.entered:
            return True
        return (step.block, "close") in state.entered and self._is_factory_begin(step.item.context, scope)

    def _is_factory_begin(self, context: Expression, scope: Scope) -> bool:
        """`SessionLocal.begin()`, which makes the session, closes it, and commits in between."""
        match context:
            case Call(Attribute(owner, method)) if vocabulary.SESSION_METHODS.get(method) is Action.BEGIN:
                return isinstance(self._context.value(owner, scope), FactoryValue)
        return False

    def endings(self, scope: Scope) -> Iterator[Ending]:
        """The commits and rollbacks inside of a block that does so itself; those with a use after them first."""
        found: dict[int, Ending] = {}
        for name, is_async, life in self.lives(scope):
            ends = [one for one in life.moments if self._ends(one.use)] if life.complete else []
            outer = self.begun_outside(scope, name) if ends else None
            for moment in ends:
                one = self._ending(name, is_async, life, moment, outer)
                if one is not None and (one.place not in found or found[one.place].used is None):
                    found[one.place] = one
        yield from found.values()

    def _ends(self, use: Use) -> bool:
        return (use.kind is UseKind.ACT and use.action in _ENDS) or self.commit_of(use) is not None

    def _ending(self, name: str, is_async: bool, life: Life, moment: Moment, outer: Begin | None) -> Ending | None:
        use = moment.use
        commit = self.commit_of(use)
        blocks = self.begins_around(life, moment.before)
        begin = next(iter(blocks.values()), outer)
        if begin is None:
            return None
        after = self._after(life, moment, blocks)
        used = self._used(life, after)
        if begin is outer and used is None and use.action is Action.ROLLBACK:
            return None  # what the dependency would do, as the error comes by
        is_own = use.kind is UseKind.ACT
        is_ended = any(one.use.action in _UNDOES and one.before.error is None for one in after)
        return Ending(name, use.name, is_own, is_async, use.place, begin, used, None if is_own else commit, is_ended)

    def _after(self, life: Life, ended: Moment, blocks: dict[int, Begin]) -> list[Moment]:
        """What becomes of a session whose transaction is over before the block is left."""
        graph = life.graph
        exits = {at for at, node in enumerate(graph.nodes) if isinstance(node.step, Exit) and node.step.block in blocks}
        after = following(graph, (ended.point.node,), exits) - exits
        return [one for one in life.moments if one.point.node in after and _is_within(one.before, blocks)]

    def _used(self, life: Life, after: list[Moment]) -> int | None:
        """Where a session needs another transaction first."""
        places = [one.use.place for one in after if _needs_transaction(one.use)]
        return min(places, key=lambda place: life.scope.module.places[place], default=None)

    def begun_outside(self, scope: Scope, name: str) -> Begin | None:
        """The `begin()` in whose block a dependency yields the session that a function is given as a parameter."""
        function = scope.owner
        for parameter in function.parameters if isinstance(function, Function) else ():
            marker = self._context.roles.marker(parameter, scope) if parameter.name == name else None
            if marker is None:
                continue
            target = self._context.roles.dependency(marker, parameter, scope)
            if isinstance(target, FunctionValue) and self._context.is_generator(target.scope):
                return self._begin_of_yield(target.scope)
        return None

    def _begin_of_yield(self, scope: Scope) -> Begin | None:
        """The `begin()` in whose block a generator yields a session."""
        if id(scope) not in self._begun:
            found = (
                begin
                for _, _, life in self.lives(scope)
                for moment in life.moments
                if life.complete and moment.use.kind is UseKind.YIELD and moment.use.name == "session"
                for begin in self.begins_around(life, moment.before).values()
            )
            self._begun[id(scope)] = next(found, None)
        return self._begun[id(scope)]

    # --- who commits ---

    def commit_of(self, use: Use) -> Note | None:
        """Where a use of a session commits on every path without an error; None where it may not."""
        if use.kind is not UseKind.PASS or use.effect is None or not use.effect.commits:
            return None
        return self._commit_within(use.effect)

    def _commit_within(self, effect: Effect) -> Note | None:
        if effect.source is None or self._context.is_generator(effect.source[0]):
            return None
        key = (id(effect.source[0]), effect.source[1])
        if key not in self._committing:
            self._committing[key] = None
            life = self._context.life_of_names(*effect.source)
            commits = [moment for moment in life.moments if self.commits(moment.use)] if life.complete else []
            if commits and is_always_met(life.graph, {moment.point.node for moment in commits}):
                use = commits[0].use
                own = self._context.note(life.scope, use.place, "the commit")
                self._committing[key] = self.commit_of(use) or own
        return self._committing[key]

    def commits(self, use: Use) -> bool:
        """Whether a use of a session commits it, on every path of a called function."""
        is_own = use.kind is UseKind.ACT and use.action is Action.COMMIT
        return is_own or self.commit_of(use) is not None

    # --- autocommit ---

    def autocommitting(self, scope: Scope) -> Iterator[tuple[Call, bool]]:
        """The calls that ask a session or a factory for autocommit, and whether they make the session themselves."""
        for call in calls_of(scope) if self._context.contents.calls_any(_AUTOCOMMIT, scope) else ():
            given = argument(call, "autocommit")
            if given is None or not self._is_true(given, scope):
                continue
            match self._context.value(call.function, scope):
                case Library(name) if name in vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS:
                    yield call, False
                case SessionClass(of=of) if of is None or of.owner is None or "__init__" not in of.owner.bindings:
                    yield call, True
                case FactoryValue():
                    yield call, True
                case _ if self._configures(call, scope):
                    yield call, False

    def _is_true(self, expression: Expression, scope: Scope) -> bool:
        """Whether an argument is True: written out, or by a name that is bound once."""
        found = self._context.names.resolve(expression.id, scope) if isinstance(expression, Name) else None
        if found is not None and len(found[0]) == 1 and isinstance(found[0][0], Assigned) and found[0][0].via == "=":
            return is_true(found[0][0].value)
        return is_true(expression)

    def _configures(self, call: Call, scope: Scope) -> bool:
        match call.function:
            case Attribute(owner, vocabulary.FACTORY_CONFIGURE):
                return isinstance(self._context.value(owner, scope), FactoryValue)
        return False


def _needs_transaction(use: Use) -> bool:
    if use.kind is UseKind.PASS:
        return use.effect is not None and use.effect.io is not None
    return use.kind is UseKind.ACT and use.action not in _HARMLESS


def _is_within(state: State, blocks: dict[int, Begin]) -> bool:
    """Whether a state is in one of some blocks; true where the block lies in another function."""
    return state.status is not Status.GONE and (not blocks or any(block in blocks for block, _ in state.entered))


_WITH = frozenset({With})

_AUTOCOMMIT: Wanted = frozenset({"autocommit"})
