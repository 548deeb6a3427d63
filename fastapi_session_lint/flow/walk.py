"""Following a session through the graph of a function.

Plain reachability over (node, state) pairs. An operation that may raise has an edge that carries the state from before
it (a commit that raises leaves the session failed). Links to the predecessor give the trail of any moment.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from fastapi_session_lint.flow import facts
from fastapi_session_lint.flow.errors import Verdict, raised, verdict
from fastapi_session_lint.flow.lives import Life, Link, Moment, Point
from fastapi_session_lint.flow.states import ANY_ERROR, DATABASE_ERROR, State, Status, forget
from fastapi_session_lint.flow.steps import (
    Bind,
    Catch,
    Clear,
    Declare,
    Dispatch,
    End,
    Enter,
    Evaluate,
    Exit,
    Forget,
    Graph,
    Handled,
    Iterate,
    Leave,
    Node,
    Test,
    Throw,
)
from fastapi_session_lint.flow.uses import Holder, Outcome, Reader, Result, Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Call, Collection, Expression, Name, dotted
from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.values import LibraryObject, Scope
from fastapi_session_lint.vocabulary import SUPPRESS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects

_LIMIT = 6000
"""(node, state) pairs after which a function is given up."""


def follow(
    effects: Effects, scope: Scope, graph: Graph, origin: Expression | None, names: frozenset[str], status: Status
) -> Life:
    """Follow a session through a function: one that `origin` makes, or one that comes in under `names`."""
    walk = _Walk(effects, Life(scope, graph, origin, names))
    walk.run(State(status, names))
    return walk.life


class _Walk:
    def __init__(self, effects: Effects, life: Life) -> None:
        self.effects = effects
        self.life = life
        self.scope = life.scope
        self.nodes = life.graph.nodes
        self.reader = Reader(effects, life.scope, life.origin)
        self.tracked = facts.tracked_names(life.graph)
        self._read: dict[tuple[int, frozenset[str]], tuple[Outcome, tuple[Use, ...]]] = {}
        self._queue: deque[Point] = deque()
        owner = life.scope.owner
        self._globals = owner.outer_names if isinstance(owner, Function) else frozenset[str]()

    def run(self, start: State) -> None:
        """Visit every point."""
        self._reach(Point(self.life.graph.entry, start), None, None)
        while self._queue:
            if len(self.life.links) > _LIMIT:
                self.life.complete = False
                return
            point = self._queue.popleft()
            self._visit(point, self.nodes[point.node])

    def _reach(self, point: Point, origin: Point | None, raised_by: Use | None) -> None:
        if point not in self.life.links:
            self.life.links[point] = Link(origin, raised_by)
            self._queue.append(point)

    def _go(self, point: Point, node: int, state: State, raised_by: Use | None = None) -> None:
        self._reach(Point(node, state), point, raised_by)

    def _visit(self, point: Point, node: Node) -> None:
        state = point.state
        match node.step:
            case End(failed):
                self.life.ends.append((failed, point))
            case Evaluate(value, _):
                for _, after in self._evaluate(point, node, value):
                    self._go(point, node.next[0], after)
            case Bind(targets, value, _):
                for outcome, after in self._evaluate(point, node, value):
                    self._go(point, node.next[0], self._assign(point, targets, value, outcome, after))
            case Test(value, _):
                for _, after in self._evaluate(point, node, value):
                    for way, then in zip(node.next, facts.branch(after, value, self.tracked), strict=True):
                        if then is not None:
                            self._go(point, way, then)
            case Iterate(target, _, is_async, place):
                if is_async:
                    self._raise(point, node, state, Use(UseKind.CALL, place))
                within = self._unbind(target, state)
                name = dotted(target)
                if node.step.iterable is self.life.origin and name is not None:
                    within = within._replace(names=within.names | {name})
                self._go(point, node.next[0], within)
                self._go(point, node.next[1], state)
            case Enter():
                self._enter(point, node, node.step)
            case Exit(block, failing):
                self._exit(point, node, block, failing)
            case Leave(value, place):
                self._leave(point, node, value, place)
            case Throw(value, place):
                self._throw(point, node, value, place)
            case Dispatch():
                self._dispatch(point, node, node.step)
            case Catch(handler):
                after = self._unbind(Name(handler.name), state) if handler.name else state
                self._go(point, node.next[0], after)
            case Handled():
                self._go(point, node.next[0], state._replace(error=None))
            case Declare(statement):
                definition = statement.definition
                reads = definition.reads if isinstance(definition, Function) else frozenset()
                if state.status.is_open and any(name.partition(".")[0] in reads for name in state.names):
                    use = Use(UseKind.KEEP, statement.place, name=definition.name)
                    self.life.moments.append(Moment(point, use, state))
                self._go(point, node.next[0], state)
            case Forget(targets):
                for target in targets:
                    state = self._unbind(target, state)
                self._go(point, node.next[0], state)
            case Clear(names):
                for name in names:
                    state = self._unbind(Name(name), state)
                self._go(point, node.next[0], state)

    # --- expressions ---

    def _evaluate(self, point: Point, node: Node, value: Expression) -> list[tuple[Outcome, State]]:
        """What a value gives, and the states after it; the errors on the way are followed from here."""
        key = (id(value), point.state.names)
        if key not in self._read:
            outcome, uses = self.reader.read(value, point.state.names)
            self._read[key] = (outcome, tuple(uses))
        outcome, read = self._read[key]
        states = [point.state]
        for use in read:
            states = [after for state in states for after in self._use(point, node, use, state)]
        return [(outcome, state) for state in states]

    def _use(self, point: Point, node: Node, use: Use, state: State) -> list[State]:
        """The states after one use; its error edge is followed."""
        self.life.moments.append(Moment(point, use, state))
        match use.kind:
            case UseKind.CREATE:
                self._raise(point, node, state, use)
                return [State(Status.IDLE, frozenset(), state.entered, state.error, NOWHERE, state.facts)]
            case UseKind.ACT:
                return self._act(point, node, use, state)
            case UseKind.PASS if use.effect is not None:
                return self._pass(point, node, use, state)
            case UseKind.KEEP:
                self._raise(point, node, state, use)
                return [state._replace(status=Status.GONE) if state.status.is_open else state]
            case UseKind.YIELD:
                if use.name == "session" and state.status in (Status.IDLE, Status.SETTLED):
                    state = self._to(state, Status.BUSY)
                cause = state.cause if state.status is Status.FAILED else use.place
                self._raise(point, node, state._replace(cause=cause), use)
            case UseKind.CALL:
                self._raise(point, node, state, use)
                return [] if use.name == "exit" else [state]
        return [state]

    def _act(self, point: Point, node: Node, use: Use, state: State) -> list[State]:
        """A method of the session."""
        match use.action:
            case Action.CLOSE:
                return [state._replace(status=Status.CLOSED)]
            case Action.ROLLBACK:
                return [self._to(state, Status.SETTLED)]
            case Action.COMMIT:
                self._fail(point, node, use, state)
                return [self._to(state, Status.SETTLED)]
            case Action.FLUSH | Action.EXECUTE | Action.READ:
                self._fail(point, node, use, state)
                busy = state.status if state.status in (Status.DIRTY, Status.FAILED) else Status.BUSY
                return [self._to(state, busy)]
            case Action.WRITE:
                return [self._to(state, Status.FAILED if state.status is Status.FAILED else Status.DIRTY)]
        return [state]

    def _to(self, state: State, status: Status) -> State:
        if state.status in (Status.GONE, Status.ABSENT):
            return state
        cause = state.cause if status is Status.FAILED else NOWHERE
        return state._replace(status=status, cause=cause)

    def _fail(self, point: Point, node: Node, use: Use, state: State) -> None:
        """The session's own operation raises."""
        failed = self._to(state, Status.FAILED)
        if failed.status is Status.FAILED:
            failed = failed._replace(cause=state.cause if state.status is Status.FAILED else use.place)
        self._go(point, node.error, failed._replace(error=DATABASE_ERROR), use)

    def _pass(self, point: Point, node: Node, use: Use, state: State) -> list[State]:
        """A function that is given the session returns, or raises."""
        effect = use.effect
        assert effect is not None
        for status, error in effect.failures:
            after = self._after(state, status, use)
            self._go(point, node.error, after._replace(error=error), use)
        return [self._after(state, status, use) for status in effect.after]

    def _after(self, state: State, status: Status, use: Use) -> State:
        """The state when a callee has left the session in a status."""
        if status is Status.IDLE:
            return state
        if status is Status.CLOSED:
            return state._replace(status=status)
        if status is Status.GONE:
            return state._replace(status=status) if state.status.is_open else state
        if status is Status.BUSY and state.status in (Status.DIRTY, Status.FAILED):
            return state
        after = self._to(state, status)
        fresh = after.status is Status.FAILED and state.status is not Status.FAILED
        return after._replace(cause=use.place) if fresh else after

    def _raise(self, point: Point, node: Node, state: State, use: Use) -> None:
        self._go(point, node.error, state._replace(error=ANY_ERROR), use)

    # --- names ---

    def _assign(
        self, point: Point, targets: tuple[Expression, ...], value: Expression, outcome: Outcome, state: State
    ) -> State:
        for target in targets:
            state = self._bind(point, target, value, outcome, state)
        return state

    def _bind(self, point: Point, target: Expression, value: Expression, outcome: Outcome, state: State) -> State:
        state = self._unbind(target, state)
        name = dotted(target)
        if name is not None:
            state = facts.bound(state, name, value, self.tracked)
        if outcome is Result.NOTHING or outcome is Result.METHOD:
            return state
        if isinstance(outcome, Holder) and isinstance(target, Name) and name not in self._globals:
            return state._replace(names=state.names | {f"{name}>{outcome.attribute}"})
        if outcome is Result.SESSION and name is not None:
            state = state._replace(names=state.names | {name})
            if isinstance(target, Name) and name not in self._globals:
                return state
            self.life.moments.append(Moment(point, Use(UseKind.STORE, NOWHERE, name=name), state))
        elif isinstance(target, Collection) and isinstance(value, Collection):
            return self._pairwise(target, value, state)
        return state._replace(status=Status.GONE) if state.status.is_open else state

    def _pairwise(self, target: Collection, value: Collection, state: State) -> State:
        if len(target.items) != len(value.items):
            return state._replace(status=Status.GONE) if state.status.is_open else state
        names = state.names
        for one, item in zip(target.items, value.items, strict=True):
            name = dotted(one)
            if name is not None and (item is self.life.origin or dotted(item) in names):
                state = state._replace(names=state.names | {name})
        return state

    def _unbind(self, target: Expression, state: State) -> State:
        if isinstance(target, Collection):
            for item in target.items:
                state = self._unbind(item, state)
            return state
        name = dotted(target)
        if name is None:
            return state
        state = forget(state, name)
        gone = {one for one in state.names if one == name or one.startswith((f"{name}.", f"{name}>"))}
        return state._replace(names=state.names - gone) if gone else state

    # --- with ---

    def _enter(self, point: Point, node: Node, step: Enter) -> None:
        item = step.item
        for outcome, after in self._evaluate(point, node, item.context):
            self._raise(point, node, after, Use(UseKind.CALL, step.place))
            state = self._entered(step, outcome, after)
            if item.target is not None:
                state = self._unbind(item.target, state)
                name = dotted(item.target)
                if outcome in (Result.SESSION, Result.CLOSING) and name is not None:
                    state = state._replace(names=state.names | {name})
            self._go(point, node.next[0], state)

    def _entered(self, step: Enter, outcome: Outcome, state: State) -> State:
        kind = _LEAVING.get(outcome) if isinstance(outcome, Result) else None
        if kind is None and (isinstance(outcome, Holder) or outcome is Result.CONTAINED):
            return state._replace(status=Status.GONE) if state.status.is_open else state
        if kind is None and self.life.origin is step.item.context:
            kind = "close"
        if kind is None and self._suppresses(step.item.context):
            kind = "suppress"
        return state if kind is None else state._replace(entered=state.entered | {(step.block, kind)})

    def _suppresses(self, context: Expression) -> bool:
        if not isinstance(context, Call):
            return False
        value = self.effects.roles.value(context, self.scope)
        return isinstance(value, LibraryObject) and value.name in SUPPRESS

    def _exit(self, point: Point, node: Node, block: int, failing: bool) -> None:
        state = point.state
        kind = next((what for at, what in state.entered if at == block), None)
        state = state._replace(entered=frozenset(one for one in state.entered if one[0] != block))
        if kind == "close":
            state = state._replace(status=Status.CLOSED)
        elif kind == "finish" and state.status is not Status.CLOSED:
            state = self._to(state, Status.SETTLED)
        elif kind == "savepoint" and failing and state.status is Status.FAILED:
            state = self._to(state, Status.BUSY)
        if kind == "suppress" and failing:
            self._go(point, node.next[1], state._replace(error=None))
        self._go(point, node.next[0], state)

    # --- ways out ---

    def _leave(self, point: Point, node: Node, value: Expression | None, place: int) -> None:
        if value is None:
            self._go(point, node.next[0], point.state)
            return
        for outcome, after in self._evaluate(point, node, value):
            state = after
            if outcome is not Result.NOTHING and outcome is not Result.METHOD:
                kind = "session" if outcome is Result.SESSION else "holder"
                self.life.moments.append(Moment(point, Use(UseKind.RETURN, place, name=kind), state))
                if state.status.is_open:
                    state = state._replace(status=Status.GONE)
            self._go(point, node.next[0], state)

    def _throw(self, point: Point, node: Node, value: Expression | None, place: int) -> None:
        error = raised(value, self.scope, self.effects.roles)
        states = [after for _, after in self._evaluate(point, node, value)] if value is not None else [point.state]
        for state in states:
            in_flight = error if error is not None else state.error or ANY_ERROR
            self._go(point, node.error, state._replace(error=in_flight), Use(UseKind.CALL, place, name="raise"))

    def _dispatch(self, point: Point, node: Node, step: Dispatch) -> None:
        for handler, entry in zip(step.handlers, node.next, strict=True):
            taken = verdict(handler.types, point.state.error, self.scope, self.effects.roles)
            if taken is not Verdict.NEVER:
                self._go(point, entry, point.state)
            if taken is Verdict.ALWAYS:
                return
        self._go(point, node.error, point.state)


_LEAVING = {
    Result.SESSION: "close",
    Result.CLOSING: "close",
    Result.TRANSACTION: "finish",
    Result.SAVEPOINT: "savepoint",
}
