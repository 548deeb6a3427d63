"""Commits that a loop repeats: once for each item, and among rows that are still being read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life, Moment
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.steps import Bind, Enter, Graph, Iterate
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Await, Call, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Continue, For, Function, If, Other, Suite, Try, While
from fastapi_session_lint.model.walk import all_expressions, statements, subexpressions
from fastapi_session_lint.project.values import LibraryObject, Scope, SessionValue
from fastapi_session_lint.questions.followed import lives
from fastapi_session_lint.questions.graph_places import expressions_in
from fastapi_session_lint.questions.order import following
from fastapi_session_lint.questions.streamed_results import StreamedResults
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class LoopCommit(NamedTuple):
    """A commit at `place` that a loop repeats; `streamed` tells where the rows come from that it cuts off."""

    name: str
    place: int
    streamed: Note | None


class Loops:
    """The questions about loops."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._streamed = StreamedResults(context)

    def commits(self, scope: Scope) -> Iterator[LoopCommit]:
        """The commits of a function or module that run once for each item of a loop, each once."""
        if self._context.is_test(scope) or not self._context.contents.has_any(_FOR, scope):
            return
        found: dict[int, LoopCommit] = {}
        for name, life in self._lives(scope):
            for moment in life.moments if life.complete else ():
                if self._is_commit(moment, life):
                    one = self._repeated(name, life, moment)
                    if one is not None and (one.streamed is not None or one.place not in found):
                        found[one.place] = one
        yield from found.values()

    def _lives(self, scope: Scope) -> Iterator[tuple[str, Life]]:
        """The sessions of a function, and those that a module binds to a name."""
        if isinstance(scope.owner, Function):
            yield from ((name, life) for name, _, life in lives(self._context, scope))
            return
        for name, definitions in self._context.names.bindings(scope).items() if scope.owner is None else ():
            for one in definitions:
                value = one.value if isinstance(one, Assigned) else None
                call = value.value if isinstance(value, Await) else value
                if isinstance(call, Call) and isinstance(self._context.value(call, scope), SessionValue):
                    yield name, self._context.effects.life(scope, call, frozenset(), Status.ABSENT)

    def _is_commit(self, moment: Moment, life: Life) -> bool:
        """Whether a session is committed, outside of a block that does so itself."""
        if moment.use.kind is not UseKind.ACT or moment.use.action is not Action.COMMIT:
            return False
        return not self._context.transactions.begins_around(life, moment.before)

    def _repeated(self, name: str, life: Life, commit: Moment) -> LoopCommit | None:
        """A commit in its loop, where it has one: the innermost that repeats it."""
        for loop in _around(commit.use.place, life.scope.body):
            inside = {id(part) for part in all_expressions(loop.body)}
            if self._is_made_inside(commit, life, loop, inside) or not _comes_again(life.graph, commit, loop, inside):
                continue
            streamed = self._streamed.source(loop.iterable, name, life.scope)
            if streamed is not None:
                return LoopCommit(name, commit.use.place, streamed)
            if not loop.is_async and self._is_per_item(life, commit, loop):
                return LoopCommit(name, commit.use.place, None)
        return None

    def _is_made_inside(self, commit: Moment, life: Life, loop: For, inside: set[int]) -> bool:
        """Whether each round has a session of its own."""
        if life.origin is not None and (id(life.origin) in inside or life.origin is loop.iterable):
            return True
        roots = {name.partition(".")[0].partition(">")[0] for name in commit.before.names}
        return any(
            _binds(node.step, roots) and (inside | {id(loop.iterable)}) & {id(one) for one in expressions_in(node.step)}
            for node in life.graph.nodes
        )

    # --- what is meant so ---

    def _is_per_item(self, life: Life, commit: Moment, loop: For) -> bool:
        """Whether nothing shows that each item is meant to have a transaction, or that several share one."""
        source = self._context.value(loop.iterable, life.scope)
        if isinstance(source, LibraryObject) and source.name.startswith(vocabulary.MESSAGE_SOURCES):
            return False
        place = commit.use.place
        return not self._is_batched(place, loop.body, life.scope) and not _is_caught(place, loop.body)

    def _is_batched(self, place: int, body: Suite, scope: Scope) -> bool:
        """Whether a test that counts decides on a commit: by standing around it, or by going on before it."""
        for statement in statements(body):
            if isinstance(statement, If) and self._counts(statement.test, scope):
                goes_on = bool(statement.body) and isinstance(statement.body[-1], Continue)
                if goes_on or place in _places((*statement.body, *statement.orelse)):
                    return True
            if isinstance(statement, While) and place in _places(statement.body):
                return True
        return False

    def _counts(self, test: Expression, scope: Scope) -> bool:
        """Whether a test looks at a number that grows from round to round."""
        for part in subexpressions(test):
            match part:
                case Call(Name("len")):
                    return True
                case Name(name) if any(self._grows(one, name) for one in self._bound(name, scope)):
                    return True
        return False

    def _bound(self, name: str, scope: Scope) -> tuple[object, ...]:
        return self._context.names.bindings(scope).get(name, ())

    def _grows(self, definition: object, name: str) -> bool:
        match definition:
            case Other():
                return True
            case Assigned(Call(Name(maker)), _, "for", 0 | None) if maker in vocabulary.COUNTING_ITERATORS:
                return True
            case Assigned(value, _, "="):
                return any(isinstance(part, Name) and part.id == name for part in subexpressions(value))
        return False


def _places(suite: Suite) -> frozenset[int]:
    """The places of the calls in a block."""
    return frozenset(one.place for one in all_expressions(suite) if isinstance(one, Call))


def _around(place: int, suite: Suite) -> list[For]:
    """The for loops around a call, innermost first."""
    return [one for one in statements(suite) if isinstance(one, For) and place in _places(one.body)][::-1]


def _comes_again(graph: Graph, commit: Moment, loop: For, inside: set[int]) -> bool:
    """Whether a loop can begin another round after a commit, as long as nothing raises."""
    heads = {
        at
        for at, node in enumerate(graph.nodes)
        if isinstance(node.step, Iterate) and node.step.iterable is loop.iterable
    }
    outside = {at for at, node in enumerate(graph.nodes) if _is_outside(node.step, inside) and at not in heads}
    return bool(following(graph, (commit.point.node,), outside) & heads)


def _is_outside(step: object, inside: set[int]) -> bool:
    found = [id(one) for one in expressions_in(step)]  # type: ignore[arg-type]  # any step of a graph
    return bool(found) and not inside.intersection(found)


def _binds(step: object, roots: set[str]) -> bool:
    """Whether a step binds one of some names anew, or enters what one of them stands for."""
    match step:
        case Bind(targets):
            return any(dotted(one) in roots for one in targets)
        case Iterate(target):
            return dotted(target) in roots
        case Enter(item):
            entered = {part.id for part in subexpressions(item.context) if isinstance(part, Name)}
            return bool(roots & entered) or (item.target is not None and dotted(item.target) in roots)
    return False


def _is_caught(place: int, body: Suite) -> bool:
    """Whether a commit stands in a try of the loop that handles the error of one item, or in such a handler."""
    return any(isinstance(one, Try) and one.handlers and place in _places((one,)) for one in statements(body))


_FOR = frozenset({For})
