"""What a call does to a session that it is given: the summary of a function, read from the same walk, remembered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.graph import build
from fastapi_session_lint.flow.lives import Life, Moment
from fastapi_session_lint.flow.states import ANY_ERROR, Error, Status
from fastapi_session_lint.flow.steps import Evaluate, Graph
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.flow.walk import follow
from fastapi_session_lint.model.expressions import NOWHERE, Argument, Call, Constant, Expression
from fastapi_session_lint.model.syntax import Do, Function, Parameter, Raise, Statement
from fastapi_session_lint.project.roles import Roles
from fastapi_session_lint.project.values import FunctionValue, ObjectValue, Scope, Value
from fastapi_session_lint.vocabulary import EXITS, IO_ACTIONS, NO_RETURN_TYPES, Action

_DEPTH = 14
"""How many calls deep a summary looks."""
_ROUNDS = 4
"""How often a summary that rests on itself is worked out again."""
Key = tuple[int, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a function does to a session that it is given.

    `after` are the statuses in which it can leave it (IDLE: untouched), `failures` those in which an error can leave
    it, with the error. `io` is the first place that talks to the database. `returns`: it gives the session back.
    `stores` are the attributes of its object under which it keeps it.
    """

    after: frozenset[Status]
    failures: frozenset[tuple[Status, Error]]
    io: Note | None = None
    commits: bool = False
    flushes: bool = False
    returns: bool = False
    stores: frozenset[str] = frozenset()
    source: tuple[Scope, frozenset[str]] | None = field(default=None, compare=False)

    def without_stores(self) -> Effect:
        """The same for a caller who follows the object that keeps the session."""
        kept = frozenset(Status.IDLE if status is Status.GONE else status for status in self.after)
        return replace(self, after=kept, stores=frozenset())

    @property
    def closes(self) -> bool:
        """Whether some path closes the session."""
        return Status.CLOSED in self.after


UNTOUCHED = Effect(frozenset({Status.IDLE}), frozenset({(Status.IDLE, ANY_ERROR)}))


class Effects:
    """Summaries of functions, made when they are first asked for; cycles of calls start from "untouched"."""

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        self._graphs: dict[int, Graph] = {}
        self._memo: dict[Key, Effect | None] = {}
        self._returning: dict[int, bool] = {}
        self._recovering: dict[Key, bool] = {}
        self._active: dict[Key, int] = {}
        self._provisional: dict[Key, Effect | None] = {}
        self._provisional_depth = 0
        self._lowest = _DEPTH * 2

    def graph(self, scope: Scope) -> Graph:
        """The graph of a function's or module's body, built once."""
        body = scope.module.body if scope.owner is None else scope.owner.body
        if id(body) not in self._graphs or scope.owner is None:
            self._graphs[id(body)] = build(body)
        return self._graphs[id(body)]

    def life(self, scope: Scope, origin: Expression | None, names: frozenset[str], status: Status) -> Life:
        """Follow a session through a function or module."""
        return follow(self, scope, self.graph(scope), origin, names, status)

    def of_argument(self, function: Value | None, call: Call, argument: Argument) -> Effect | None:
        """What a function does to one of the call's arguments; None when that cannot be known."""
        if isinstance(function, ObjectValue):
            function = self.roles.member(function.of, "__call__", function)
        if not isinstance(function, FunctionValue) or is_abstract(function.function):
            return None
        parameter = parameter_of(function, call, argument)
        if parameter is None or parameter.kind in ("*", "**"):
            return None
        return self.of_names(function.scope, frozenset({parameter.name}))

    def of_attribute(self, function: Value | None, attribute: str) -> Effect | None:
        """What a method does to the session that its object keeps under an attribute."""
        if not isinstance(function, FunctionValue) or not function.function.parameters:
            return UNTOUCHED
        receiver = function.function.parameters[0].name
        return self.of_names(function.scope, frozenset({f"{receiver}.{attribute}"}))

    def of_captured(self, function: FunctionValue, names: frozenset[str]) -> Effect | None:
        """What a nested function does to a session that it takes from around it."""
        return self.of_names(function.scope, frozenset(name for name in names if ">" not in name))

    def of_names(self, scope: Scope, names: frozenset[str]) -> Effect | None:
        """What a function does to the session that comes in under some names."""
        key = (id(scope), names)
        if key in self._memo:
            return self._memo[key]
        if key in self._active:
            self._lowest = min(self._lowest, self._active[key])
            return self._provisional.get(key, UNTOUCHED)
        if key in self._provisional:
            self._lowest = min(self._lowest, self._provisional_depth)
            return self._provisional[key]
        if len(self._active) > _DEPTH:
            return UNTOUCHED
        return self._solve(key, scope, names)

    def _solve(self, key: Key, scope: Scope, names: frozenset[str]) -> Effect | None:
        """The summary of a function; one that calls itself, over others too, is worked out again until it holds."""
        depth = len(self._active)
        outer, self._lowest = self._lowest, _DEPTH * 2
        self._active[key] = depth
        effect: Effect | None = UNTOUCHED
        for _ in range(_ROUNDS):
            before, effect = effect, self._summary(self.life(scope, None, names, Status.IDLE))
            if self._lowest > depth or effect == before:
                break
            self._provisional = {key: effect}
        del self._active[key]
        if self._lowest >= depth:
            self._memo[key] = effect
            self._provisional = {}
            self._lowest = outer
        else:
            self._provisional[key] = effect
            self._provisional_depth = self._lowest
            self._lowest = min(outer, self._lowest)
        return effect

    def recovers(self, effect: Effect) -> bool:
        """Whether a function rolls a failed session back, or closes it, before it does anything else with it."""
        if effect.source is None:
            return False
        key = (id(effect.source[0]), effect.source[1])
        if key not in self._recovering:
            self._recovering[key] = False
            life = self.life(*effect.source[:1], None, effect.source[1], Status.FAILED)
            self._recovering[key] = life.complete and not any(self._needs_health(one) for one in life.moments)
        return self._recovering[key]

    def _needs_health(self, moment: Moment) -> bool:
        use = moment.use
        if moment.before.status is not Status.FAILED:
            return False
        if use.kind is UseKind.PASS and use.effect is not None:
            return use.effect.io is not None and not self.recovers(use.effect)
        return use.kind is UseKind.ACT and use.action in IO_ACTIONS - {Action.ROLLBACK}

    def never_returns(self, function: FunctionValue) -> bool:
        """Whether a call never comes back: every path raises, or the annotation says so."""
        key = id(function.scope)
        if key not in self._returning:
            self._returning[key] = False
            self._returning[key] = self._only_raises(function)
        return self._returning[key]

    def _only_raises(self, function: FunctionValue) -> bool:
        definition = function.function
        if definition.is_generator or is_abstract(definition):
            return False
        if definition.returns is not None:
            declared = self.roles.value(definition.returns, function.scope.outer or function.scope)
            if getattr(declared, "name", "") in NO_RETURN_TYPES:
                return True
        if not definition.body or not self._ends_it(definition.body[-1], function.scope):
            return False
        last = definition.body[-1]
        ending = last.value if isinstance(last, Do) else None
        graph = self.graph(function.scope)
        reached, stack = set[int](), [graph.entry]
        while stack:
            at = stack.pop()
            if at not in reached:
                reached.add(at)
                step = graph.nodes[at].step
                is_exit = ending is not None and isinstance(step, Evaluate) and step.value is ending
                stack += () if is_exit else graph.nodes[at].next
        return 0 not in reached

    def _ends_it(self, last: Statement, scope: Scope) -> bool:
        """Whether a function's last statement raises, or leaves the process."""
        if isinstance(last, Do) and isinstance(last.value, Call):
            called = self.roles.value(last.value.function, scope)
            return getattr(called, "name", "") in EXITS
        return isinstance(last, Raise)

    def _summary(self, life: Life) -> Effect | None:
        if not life.complete:
            return None
        after = frozenset(point.state.status for failed, point in life.ends if not failed)
        failures = frozenset(
            (point.state.status, point.state.error or ANY_ERROR) for failed, point in life.ends if failed
        )
        stores = set()
        for use in life.uses(UseKind.STORE):
            receiver, _, attribute = use.name.partition(".")
            stores.add(attribute if _is_receiver(life.scope, receiver) and attribute else "")
        passed = [use.effect for use in life.uses(UseKind.PASS) if use.effect is not None]
        for effect in passed:
            stores |= effect.stores
        return Effect(
            after=after,
            failures=failures,
            io=_first_io(life),
            commits=any(True for _ in life.acts(Action.COMMIT)) or any(one.commits for one in passed),
            flushes=any(True for _ in life.acts(Action.FLUSH)) or any(one.flushes for one in passed),
            returns=any(use.name == "session" for use in life.uses(UseKind.RETURN)),
            stores=frozenset(stores - {""}),
            source=(life.scope, life.names),
        )


def _first_io(life: Life) -> Note | None:
    """The first place, by the source, that talks to the database."""
    found: list[Note] = []
    module = life.scope.module
    for use in life.uses(UseKind.ACT, UseKind.PASS):
        if use.kind is UseKind.ACT and use.action in IO_ACTIONS and use.place != NOWHERE:
            text = f"`{use.name}()` talks to the database here" if use.name else "the database is used here"
            found.append(Note(module.path, module.places[use.place], text))
        elif use.effect is not None and use.effect.io is not None:
            found.append(use.effect.io)
    here = [note for note in found if note.path == module.path]
    return min(here, key=lambda note: note.span, default=None) or (found[0] if found else None)


def _is_receiver(scope: Scope, name: str) -> bool:
    function = scope.owner
    return isinstance(function, Function) and bool(function.parameters) and function.parameters[0].name == name


def is_abstract(function: Function) -> bool:
    """Whether a function has no body of its own: a protocol's, an abstract method's, an overload's."""
    return all(
        (isinstance(one, Do) and isinstance(one.value, Constant))
        or (isinstance(one, Raise) and _not_implemented(one.value))
        for one in function.body
    )


def _not_implemented(value: Expression | None) -> bool:
    while isinstance(value, Call):
        value = value.function
    return getattr(value, "id", "") == "NotImplementedError"


def parameter_of(function: FunctionValue, call: Call, argument: Argument) -> Parameter | None:
    """The parameter that an argument of a call goes to; None where stars hide it."""
    parameters = function.function.parameters
    if argument.star:
        return None
    if argument.name is not None:
        named = [one for one in parameters if one.name == argument.name]
        return named[0] if named else next((one for one in parameters if one.kind == "**"), None)
    before = []
    for one in call.arguments:
        if one is argument:
            break
        before.append(one)
    if any(one.star == "*" for one in before):
        return None
    position = sum(one.name is None for one in before) + (function.receiver is not None)
    positional = [one for one in parameters if one.kind == "positional"]
    if position < len(positional):
        return positional[position]
    return next((one for one in parameters if one.kind == "*"), None)
