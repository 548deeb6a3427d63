"""Following a session through the graph of a function.

Plain reachability over (node, state) pairs. An operation that may raise has an edge that carries the state from before
it (a commit that raises leaves the session failed). Links to the predecessor give the trail of any moment.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow import facts, telling
from fastapi_session_lint.flow.binding import Binder, given_back, named, unbound
from fastapi_session_lint.flow.changes import acted, busy, failed, given_away, handed_on, passed, raising, sound
from fastapi_session_lint.flow.entering import Entry, meant, outside, ways_in
from fastapi_session_lint.flow.errors import Verdict, raised, verdict
from fastapi_session_lint.flow.exits import ways_out
from fastapi_session_lint.flow.handing import gives
from fastapi_session_lint.flow.lives import Life, Link, Moment, Point, Way
from fastapi_session_lint.flow.reader import Reader, is_item
from fastapi_session_lint.flow.stacks import stacked
from fastapi_session_lint.flow.states import (
    ANY_ERROR,
    Health,
    Left,
    State,
    Status,
    fact,
    forget,
    in_error,
    learn,
)
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
    Handled,
    Iterate,
    Leave,
    Node,
    Test,
    Throw,
)
from fastapi_session_lint.flow.summary import STRANGE, Effect
from fastapi_session_lint.flow.uses import REACHING, Captured, Outcome, Use, UseKind
from fastapi_session_lint.model.expressions import NOWHERE, Collection, Expression, Name
from fastapi_session_lint.model.syntax import Define, Function
from fastapi_session_lint.project.values import FunctionValue, ObjectValue

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects

_CLOSERS = vocabulary.CLOSE_METHODS | vocabulary.EXIT_STACK_ENTERS
"""What is called, or given away, by those who have somebody else close a session."""
_LIMIT = 6000
"""(node, state) pairs after which a function is given up."""


class Walk:
    """One traversal.

    With `stops`, paths end at their first yield. With `lends`, the function goes on to own a session that it gives to
    others; who is given what it hangs on works with it.
    """

    def __init__(self, effects: Effects, life: Life, stops: bool = False, lends: bool = False) -> None:
        self.effects = effects
        self.life = life
        self.stops = stops
        self._lends = lends
        self.scope = life.scope
        self.nodes = life.graph.nodes
        self.reader = Reader(effects, life.scope, life.origin)
        self._liveness = effects.liveness(life.graph)
        self.tracked = self._liveness.tracked
        self._read: dict[tuple[int, frozenset[str]], tuple[Outcome, tuple[Use, ...]]] = {}
        self._queue: deque[Point] = deque()
        self._stacked = stacked(life.graph, life.scope, effects.roles)
        self._places = {one.step.block: one.step.place for one in self.nodes if isinstance(one.step, Enter)}
        self._at = Point(life.graph.entry, State(Status.ABSENT, frozenset()))

    def run(self, starts: list[Point]) -> None:
        """Visit every point."""
        owner = self.scope.owner
        outer = owner.outer_names if isinstance(owner, Function) else frozenset[str]()
        # It is at hand here alone: it leads back to this object, and nobody looks for garbage while a run lasts.
        leaving = _as_before if self._lends else handed_on
        binder = Binder(self.tracked, outer, self._gives, self._keeps, self._stored, leaving)
        for start in starts:
            self._reach(start, None, None)
        while self._queue:
            if len(self.life.links) > _LIMIT:
                self.life.complete = False
                return
            point = self._queue.popleft()
            self._visit(point, self.nodes[point.node], binder)

    def _reach(self, point: Point, origin: Point | None, raised_by: Use | None) -> None:
        if point not in self.life.links:
            self.life.links[point] = Link(origin, raised_by)
            self._queue.append(point)

    def _go(self, point: Point, node: int, state: State, raised_by: Use | None = None) -> None:
        self._reach(Point(node, self._liveness.kept(state, node)), point, raised_by)

    def _visit(self, point: Point, node: Node, binder: Binder) -> None:
        state = point.state
        match node.step:
            case End(failed):
                self.life.ends.append((failed, point))
            case Evaluate(value, _):
                for _, after in self._evaluate(point, node, value):
                    self._go(point, node.next[0], telling.over(telling.noted(after, value)))
            case Bind(targets, value, _):
                self._at = point
                for outcome, after in self._evaluate(point, node, value):
                    bound = binder.bind_all(targets, value, outcome, after)
                    if after.is_returned or telling.is_handling(after):
                        bound = facts.given(after, bound, targets, value, telling.kind(after, value, self._is_object))
                    self._go(point, node.next[0], telling.over(bound))
            case Test(value, _):
                for _, after in self._evaluate(point, node, value):
                    for way, then in zip(node.next, facts.branch(after, value, self.tracked, point.node), strict=True):
                        if then is not None:
                            self._go(point, way, telling.over(then))
            case Iterate():
                self._iterate(point, node, node.step)
            case Enter():
                self._enter(point, node, node.step)
            case Exit():
                self._exit(point, node, node.step)
            case Leave(value, place):
                self._leave(point, node, value, place)
            case Throw(value, place):
                self._throw(point, node, value, place)
            case Dispatch():
                self._dispatch(point, node, node.step)
            case Catch(handler):
                self._go(point, node.next[0], facts.caught(state, handler.name, self.tracked))
            case Handled():
                self._go(point, node.next[0], state._replace(error=None))
            case Declare(statement):
                self._go(point, node.next[0], self._declare(point, statement, state))
            case Forget(targets):
                self._go(point, node.next[0], unbound(Collection("tuple", targets), state))
            case Clear(names):
                self._go(point, node.next[0], unbound(Collection("tuple", tuple(map(Name, names))), state))

    # --- expressions ---

    def _evaluate(self, point: Point, node: Node, value: Expression) -> list[tuple[Outcome, State]]:
        """What a value gives, and the states after it; the errors on the way are followed from here."""
        outcome, read = self._reading(value, point.state.names)
        states = [point.state]
        for use in read:
            states = [after for state in states for after in self._use(point, node, use, state)]
        return [(outcome, state) for state in states]

    def _reading(self, value: Expression, names: frozenset[str]) -> tuple[Outcome, tuple[Use, ...]]:
        key = (id(value), names)
        if key not in self._read:
            outcome, uses = self.reader.read(value, names)
            self._read[key] = (outcome, tuple(uses))
        return self._read[key]

    def _gives(self, value: Expression, names: frozenset[str]) -> Outcome:
        return self._reading(value, names)[0]

    def _keeps(self, outcome: Outcome, names: frozenset[str]) -> bool:
        return gives(self.effects, outcome, names)

    def _stored(self, name: str, state: State) -> None:
        self.life.moments.append(Moment(self._at, Use(UseKind.STORE, NOWHERE, name=name), state))

    def _use(self, point: Point, node: Node, use: Use, state: State) -> list[State]:
        """The states after one use; its error edge is followed. To enter a stack is no use, as with `with`."""
        if use.kind is UseKind.KEEP and (block := self._stacked.get(use.place)) is not None:
            return [state._replace(entered=state.entered | {(block, "close")})]
        self.life.moments.append(Moment(point, use, state))
        match use.kind:
            case UseKind.CREATE:
                self._raise(point, node, state, use)
                return [State(Status.IDLE, frozenset(), state.entered, state.error, facts=state.facts)]
            case UseKind.ACT:
                if (after := failed(state, use)) is not None:
                    self._go(point, node.error, after, use)
                return [] if (done := acted(state, use)) is None else [done]
            case UseKind.PASS:
                return self._pass(point, node, use, use.effect or STRANGE, state)
            case UseKind.KEEP:
                self._raise(point, node, sound(state), use)
                return [sound(state) if self._lends and use.name not in _CLOSERS else given_away(state)]
            case UseKind.YIELD:
                return self._yield(point, node, use, state)
            case UseKind.NAME:
                return [named(state, Name(use.name))]
            case UseKind.CALL:
                state = busy(state) if self._lends and use.name == REACHING else state
                self._raise(point, node, state, use)
                return [] if use.name == "exit" else [state]
        return [state]

    def _pass(self, point: Point, node: Node, use: Use, effect: Effect, state: State) -> list[State]:
        """A function that is given the session returns, or raises."""
        effect = self.effects.in_health(effect, state.health)
        for one in effect.failures:
            after = passed(state, one, use.place, is_returned=False)
            self._go(point, node.error, in_error(after, one.error), use)
        left = map(_lent, effect.after) if self._lends else effect.after
        back = ((passed(state, one, use.place, is_returned=True), one.gives) for one in left)
        return [telling.heard(after, use.place, gives) for after, gives in back]

    def _yield(self, point: Point, node: Node, use: Use, state: State) -> list[State]:
        """The code around a dependency or manager goes on, and may throw an error in."""
        if self.stops:
            return []
        if use.name == "session" and state.status in (Status.IDLE, Status.SETTLED):
            state = busy(state)
        cause = use.place if state.health is Health.SOUND else state.cause
        self._raise(point, node, state._replace(cause=cause), use)
        return [state]

    def _raise(self, point: Point, node: Node, state: State, use: Use) -> None:
        self._go(point, node.error, raising(state), use)

    # --- blocks ---

    def _iterate(self, point: Point, node: Node, step: Iterate) -> None:
        """Where the session is one of the items that are written out, the target is it for one round."""
        state, (body, done) = point.state, node.next
        if step.is_async:
            self._raise(point, node, state, Use(UseKind.CALL, step.place))
        rounds = f"for {point.node}"
        if fact(state, rounds) is not None:
            self._go(point, done, forget(state, rounds))
            return
        within = unbound(step.target, state)
        if is_item(step.iterable, state.names):
            self._go(point, body, learn(named(within, step.target), rounds, "true"))
            return
        if step.iterable is self.life.origin:
            within = named(within, step.target)
        self._go(point, body, within)
        self._go(point, done, state)

    def _declare(self, point: Point, statement: Define, state: State) -> State:
        """A nested function uses the session; a decorator that gets one that closes it will call it."""
        definition = statement.definition
        if not isinstance(definition, Function) or not state.status.is_open:
            return state
        function = FunctionValue(self.effects.roles.names.scope_of(definition))
        if not any(name.partition(".")[0] in definition.reads for name in state.names):
            return state
        use = Use(UseKind.KEEP, statement.place, name=definition.name)
        self.life.moments.append(Moment(point, use, state))
        is_kept = definition.decorators and self._keeps(Captured(function), state.names)
        return handed_on(state) if is_kept else state

    def _enter(self, point: Point, node: Node, step: Enter) -> None:
        context = step.item.context
        for outcome, after in self._evaluate(point, node, context):
            is_given = any(use.kind is UseKind.KEEP for use in self._reading(context, after.names)[1])
            entry = Entry(self.effects, self.scope, step, outcome, is_given, context is self.life.origin)
            self._follow(point, after, *ways_in(entry, node, after))

    def _exit(self, point: Point, node: Node, step: Exit) -> None:
        state = outside(point.state, step.block)
        what = meant(point.state, step.block)
        self._follow(point, state, *ways_out(self.effects, node, step, what, state, self._places[step.block]))

    def _follow(self, point: Point, before: State, use: Use | None, ways: list[Way]) -> None:
        if use is not None:
            self.life.moments.append(Moment(point, use, before))
        for way in ways:
            self._go(point, *way)

    # --- ways out ---

    def _leave(self, point: Point, node: Node, value: Expression | None, place: int) -> None:
        is_last = isinstance(self.nodes[node.next[0]].step, End)
        if value is None:
            self._go(point, node.next[0], telling.leaving(point.state, None, self._is_object, is_last))
            return
        for outcome, after in self._evaluate(point, node, value):
            state = after
            if self._keeps(outcome, after.names):
                kind = given_back(self.scope, outcome, value)
                if kind:
                    self.life.moments.append(Moment(point, Use(UseKind.RETURN, place, name=kind), state))
                if self.life.origin is not None or kind in ("", "holder"):
                    state = handed_on(state)
            self._go(point, node.next[0], telling.leaving(state, value, self._is_object, is_last))

    def _is_object(self, value: Expression) -> bool:
        """Whether a value is an object of the project, which is something whatever its attributes say."""
        return isinstance(self.effects.roles.value(value, self.scope), ObjectValue)

    def _throw(self, point: Point, node: Node, value: Expression | None, place: int) -> None:
        error = raised(value, self.scope, self.effects.roles)
        states = [after for _, after in self._evaluate(point, node, value)] if value is not None else [point.state]
        for state in states:
            in_flight = error if error is not None else state.error or ANY_ERROR
            self._go(point, node.error, in_error(state, in_flight), Use(UseKind.CALL, place, name="raise"))

    def _dispatch(self, point: Point, node: Node, step: Dispatch) -> None:
        for handler, entry in zip(step.handlers, node.next, strict=True):
            taken = verdict(handler.types, point.state.error, self.scope, self.effects.roles)
            if taken is not Verdict.NEVER:
                self._go(point, entry, point.state)
            if taken is Verdict.ALWAYS:
                return
        self._go(point, node.error, point.state)


def _as_before(state: State) -> State:
    """The state when a session hangs somewhere else as well, but has only been lent."""
    return state


def _lent(left: Left) -> Left:
    """How a callee leaves a session that it keeps, but has only been lent."""
    return left._replace(status=Status.IDLE) if left.status is Status.GONE else left
