"""What a call does to a session that it is given: the summary of a function, read from the same walk, remembered.

Functions that call each other are worked out together: a call that leads back to one that is being worked out is
first taken to come back in no way, and the whole is gone through again until nothing changes any more.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi_session_lint.flow.flags import NO_FLAGS, Flags, Given
from fastapi_session_lint.flow.following import follow
from fastapi_session_lint.flow.graph import build
from fastapi_session_lint.flow.leaving import entry, way_out
from fastapi_session_lint.flow.liveness import Liveness
from fastapi_session_lint.flow.lives import Life, Moment
from fastapi_session_lint.flow.returning import Returning, is_left_to_subclasses
from fastapi_session_lint.flow.states import Error, GeneratorManager, Health, Manager, State, Status
from fastapi_session_lint.flow.steps import Graph
from fastapi_session_lint.flow.summary import NEVER, STRANGE, UNTOUCHED, Effect, summary
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.flow.wrapping import Wrapping
from fastapi_session_lint.model.expressions import NOWHERE, Argument, Call, Expression
from fastapi_session_lint.model.syntax import NO_NAMES
from fastapi_session_lint.project.arguments import taking_session
from fastapi_session_lint.project.implementations import is_abstract
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.values import FunctionValue, ObjectValue, Scope, Value
from fastapi_session_lint.vocabulary import IO_ACTIONS, MANAGER_DECORATORS, Action

_DEPTH = 14
"""How many calls deep a summary looks."""
_ROUNDS = 12
"""How often functions that call each other are gone through."""
Key = tuple[object, ...]


class Effects:
    """Summaries of functions, made when they are first asked for."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self.never_returns = Returning(self).never_returns
        self._wrapping = Wrapping(roles)
        self._flags = Given(self.graph)
        self._graphs: dict[int, Graph] = {}
        self._liveness: dict[int, Liveness] = {}
        self._lives: dict[tuple[int, frozenset[str]], Life] = {}
        self._solver = _Solver()

    def graph(self, scope: Scope) -> Graph:
        """The graph of a function's or module's body, built once."""
        body = scope.body
        if id(body) not in self._graphs or scope.owner is None:
            self._graphs[id(body)] = build(body)
        return self._graphs[id(body)]

    def liveness(self, graph: Graph) -> Liveness:
        """Which facts matter where in a graph, worked out once."""
        if id(graph) not in self._liveness:
            self._liveness[id(graph)] = Liveness(graph)
        return self._liveness[id(graph)]

    def life(self, scope: Scope, origin: Expression | None, names: frozenset[str], status: Status) -> Life:
        """Follow a session through a function or module; what the summary was read from is taken again."""
        if origin is None and status is Status.IDLE and scope.owner is not None:
            self.of_names(scope, names)
            if (known := self._lives.get((id(scope), names))) is not None:
                return known
        return follow(self, scope, self.graph(scope), origin, State(status, names))

    def of_argument(
        self, function: Value | None, call: Call, argument: Argument, paths: frozenset[str] = NO_NAMES
    ) -> Effect | None:
        """What a function does to one of the call's arguments, or to the session that this keeps under some paths.

        None when that cannot be known.
        """
        if isinstance(function, ObjectValue):
            function = self.roles.member(function.of, "__call__", function)
        if not isinstance(function, FunctionValue) or is_abstract(function.function):
            return None
        parameter = taking_session(function, call, argument, self.roles)
        if parameter is None:
            return None
        names = frozenset(f"{parameter.name}.{path}" for path in paths) or frozenset({parameter.name})
        return self._of_function(function, names, call)

    def of_attribute(self, function: Value | None, attribute: str) -> Effect | None:
        """What a method does to the session that its object keeps under an attribute."""
        return self.of_object(function, frozenset({attribute}))

    def of_object(
        self,
        function: Value | None,
        paths: frozenset[str],
        parameters: frozenset[str] = NO_NAMES,
        call: Call | None = None,
    ) -> Effect | None:
        """What a method, or this call of it, does to the session that its object keeps under some paths.

        Some `parameters` are the session as well.
        """
        if not isinstance(function, FunctionValue) or not function.function.parameters:
            return STRANGE
        if is_left_to_subclasses(function.function):
            return STRANGE
        receiver = function.function.parameters[0].name
        return self._of_function(function, parameters | {f"{receiver}.{path}" for path in paths}, call)

    def of_receiver(self, function: Value | None, call: Call) -> Effect | None:
        """What a call of a method does to the session that is its own object; None where that is not known."""
        if not isinstance(function, FunctionValue) or function.receiver is None or not function.function.parameters:
            return None
        if function.function.is_generator or is_left_to_subclasses(function.function):
            return None
        return self._of_function(function, frozenset({function.function.parameters[0].name}), call)

    def of_captured(self, function: FunctionValue, names: frozenset[str]) -> Effect | None:
        """What a nested function does to a session that it takes from around it."""
        return self._of_function(function, frozenset(name for name in names if ">" not in name))

    def _of_function(self, function: FunctionValue, names: frozenset[str], call: Call | None = None) -> Effect | None:
        flags = self._flags.given(function, call) if call is not None else NO_FLAGS
        effect = self.of_names(function.scope, names, flags=flags)
        return effect.unsure() if effect is not None and self._wrapping.handles_errors(function) else effect

    def of_names(
        self, scope: Scope, names: frozenset[str], health: Health = Health.SOUND, flags: Flags = NO_FLAGS
    ) -> Effect | None:
        """What a function does to the session that comes in under some names, in this health, with these flags."""
        return self._solver.answer(
            (id(scope), names, health, flags),
            lambda: self._summary(scope, State(Status.IDLE, names, health=health, facts=flags)),
        )

    def in_health(self, effect: Effect, health: Health) -> Effect:
        """What a function does to a session that may have failed before, where it is known what it does to others."""
        if health is Health.SOUND or effect.source is None:
            return effect
        scope, names = effect.source
        return self.of_names(scope, names, health, effect.flags) or STRANGE

    def _summary(self, scope: Scope, start: State) -> Effect | None:
        life = follow(self, scope, self.graph(scope), None, start)
        if start.health is Health.SOUND and not start.facts:
            self._lives[id(scope), start.names] = life
        return summary(life, any(moment.before.cause == NOWHERE and self.fails(moment) for moment in life.moments))

    def fails(self, moment: Moment) -> bool:
        """Whether a use meets an error, or loses what was written, because the session has failed before."""
        use, health = moment.use, moment.before.health
        if health is Health.SOUND:
            return False
        if use.kind is UseKind.PASS and use.effect is not None:
            return self.in_health(use.effect, health).needs_health
        needed = IO_ACTIONS - {Action.ROLLBACK, Action.UNDO} if health is Health.FAILED else {Action.COMMIT}
        return use.kind is UseKind.ACT and use.action in needed

    # --- context managers of the project ---

    def is_manager(self, function: FunctionValue) -> bool:
        """Whether a function is made a context manager by its decorator: a call of it runs nothing yet."""
        kinds = self.roles.decorators(function.function, function.scope)
        return function.function.is_generator and bool(kinds & MANAGER_DECORATORS)

    def entering(self, manager: Manager) -> Effect | None:
        """What entering a context manager does."""
        if isinstance(manager, GeneratorManager):
            return self._solver.answer((manager, "enter"), lambda: entry(self, manager))
        return self.of_object(manager.enter, manager.paths)

    def leaving(self, manager: Manager, health: Health, error: Error | None) -> Effect | None:
        """What leaving a context manager does to a session in this health, with an error in flight or without."""
        return self._solver.answer((manager, health, error), lambda: way_out(self, manager, health, error))


class _Solver:
    """Remembers answers, and works out those that rest on each other until they hold."""

    def __init__(self) -> None:
        self._memo: dict[Key, Effect | None] = {}
        self._active: dict[Key, int] = {}
        self._assumed: dict[Key, Effect | None] = {}
        self._provisional: dict[Key, int] = {}
        self._lowest = _DEPTH * 2
        self._has_changed = False

    def answer(self, key: Key, work: Callable[[], Effect | None]) -> Effect | None:
        """The answer to a question; what is being worked out is answered as it was the last time."""
        if key in self._memo:
            return self._memo[key]
        if key in self._active:
            self._lowest = min(self._lowest, self._active[key])
            return self._assumed.get(key, NEVER)
        if key in self._provisional:
            self._lowest = min(self._lowest, self._provisional[key])
            return self._assumed[key]
        if len(self._active) > _DEPTH:
            return UNTOUCHED
        return self._work(key, work)

    def _work(self, key: Key, work: Callable[[], Effect | None]) -> Effect | None:
        depth = len(self._active)
        outer, self._lowest = self._lowest, _DEPTH * 2
        self._active[key] = depth
        for _ in range(_ROUNDS):
            changed_outside, self._has_changed = self._has_changed, False
            effect = work()
            self._has_changed |= self._lowest <= depth and effect != self._assumed.get(key, NEVER)
            self._assumed[key] = effect
            if self._lowest != depth or not self._has_changed:
                break
            self._forget(depth)
        self._has_changed |= changed_outside
        del self._active[key]
        if self._lowest >= depth:
            self._memo[key] = effect
            self._assumed.pop(key, None)
            self._settle(depth)
            self._lowest = outer
        else:
            self._provisional[key] = self._lowest
            self._lowest = min(outer, self._lowest)
        return effect

    def _forget(self, depth: int) -> None:
        """Before another round: what rests on the question at this depth is worked out again from what is assumed."""
        self._provisional = {key: lowest for key, lowest in self._provisional.items() if lowest < depth}

    def _settle(self, depth: int) -> None:
        """The question at this depth is answered for good, and so is what rested on it alone."""
        for key in [key for key, lowest in self._provisional.items() if lowest >= depth]:
            self._memo[key] = self._assumed.pop(key)
            del self._provisional[key]
