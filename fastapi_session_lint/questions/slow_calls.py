"""Calls that wait for another server, or sleep, while a session holds a connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import LEAKING, Health
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Constant, Expression, dotted, last_name
from fastapi_session_lint.model.syntax import Function, With
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import FunctionValue, Library, LibraryObject, Scope, Value
from fastapi_session_lint.questions.graph_places import nodes_by_expression
from fastapi_session_lint.questions.held_sessions import HeldSessions
from fastapi_session_lint.questions.order import is_always_met

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_DEPTH = 6
"""How many calls deep a slow one is looked for."""


class SlowCall(NamedTuple):
    """A call during which the session `name` holds a connection; `text` is what waits, `sleeps` or asks a server.

    Where the function does not get that session, `name` is the dependency that does (`is_hidden`).
    """

    place: int
    name: str
    text: str
    sleeps: bool
    trail: tuple[Note, ...]
    is_hidden: bool


class _Wait(NamedTuple):
    """A call that takes its time; `inner` tells where, if that is in a function that it calls."""

    call: Call
    text: str
    sleeps: bool
    inner: Note | None = None


class _Session(NamedTuple):
    """A session that a function has: its life there, and where others have used it before.

    One that it does not get has no life there, and stays as it was left.
    """

    name: str
    life: Life | None
    used: Note | None


class SlowCalls:
    """The questions about slow calls."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._held = HeldSessions(context)
        self._found: dict[tuple[int, int], tuple[SlowCall, ...]] = {}
        self._waits: dict[tuple[int, int], _Wait | None] = {}

    def of(self, scope: Scope) -> tuple[SlowCall, ...]:
        """The first slow call of a function for each session that holds a connection meanwhile."""
        return self._of(scope, 0)

    def _of(self, scope: Scope, depth: int) -> tuple[SlowCall, ...]:
        """The same where so many calls lead to the function: how deep it is looked for is part of the question."""
        key = (id(scope), depth)
        if key not in self._found:
            self._found[key] = tuple(self._find(scope, depth)) if self._is_served(scope) else ()
        return self._found[key]

    def _is_served(self, scope: Scope) -> bool:
        """Whether a function may run while others need connections too."""
        if not isinstance(scope.owner, Function) or self._context.is_test(scope):
            return False
        module = self._context.names.modules[scope.module.path]
        startup = self._context.framework.startup
        is_script = startup.is_script(module) or startup.is_one_off(module)
        return not is_script and not self._context.framework.runs_at_startup(scope)

    def _find(self, scope: Scope, depth: int) -> Iterator[SlowCall]:
        waits = [one for one in self._all_waits(scope, depth) if not self._is_told_of(one, scope, depth)]
        waits.sort(key=lambda one: self._context.span(scope, one.call.place))
        told: set[int] = set()
        for session in self._sessions(scope) if waits else ():
            wait = next((one for one in waits if self._is_held(session.life, one)), None)
            if wait is not None and wait.call.place not in told:
                told.add(wait.call.place)
                begun = session.used or (self._held.first_use(session.life) if session.life is not None else None)
                trail = tuple(one for one in (begun, wait.inner) if one is not None)
                yield SlowCall(wait.call.place, session.name, wait.text, wait.sleeps, trail, session.life is None)

    # --- sessions ---

    def _sessions(self, scope: Scope) -> Iterator[_Session]:
        """The sessions that a function is given, those of its route that it does not get, and those that it makes."""
        context = self._context
        known = set()
        for held in self._held.of(scope) if context.framework.is_route(scope) else ():
            known.add(held.name)
            yield _Session(held.name, None if held.is_hidden else self._held.life(held, scope), held.used)
        for name, session in context.borrowed_names(scope):
            if name not in known and not session.is_scoped:
                lives = [context.life_of_names(scope, frozenset({name}))]
                for life in lives if "." in name else context.lives_of_name(scope, name):
                    yield _Session(name, life, None)
        for creation in context.creations(scope):
            yield _Session(context.subject(creation) or "session", context.life(creation), None)

    def _is_held(self, life: Life | None, wait: _Wait) -> bool:
        """Whether the session holds a connection at a call, on whatever way that was reached.

        Where a statement has failed and nobody has rolled back, that is the defect.
        """
        if life is None:
            return True
        nodes = set(nodes_by_expression(life.graph).get(id(wait.call), ())) if life.complete else set[int]()
        states = (point.state for point in life.links if point.node in nodes)
        return any(one.status in LEAKING and one.health is Health.SOUND for one in states)

    def _is_told_of(self, wait: _Wait, scope: Scope, depth: int) -> bool:
        """Whether another finding tells of a call: that in a called function, or that of an idle websocket."""
        function = self._context.value(wait.call.function, scope) if wait.inner is not None else None
        if isinstance(function, FunctionValue):
            return bool(self._of(function.scope, depth + 1))
        return wait.sleeps and self._context.websockets.is_route(scope)

    # --- slow calls ---

    def _all_waits(self, scope: Scope, depth: int) -> Iterator[_Wait]:
        """The slow calls of a function, and the calls of functions that make one whenever they run."""
        awaited = self._awaited(scope)
        for call in calls_of(scope):
            function = self._context.value(call.function, scope)
            slow = next((one for one in self._run(call, function, scope) if self._is_slow(one, call)), None)
            if slow is not None:
                sleeps = slow in vocabulary.SLEEPS
                if id(call) in awaited.run or not (sleeps and slow != "time.sleep"):
                    yield from () if id(call) in awaited.let_go else (_Wait(call, _text_of(call), sleeps),)
            elif isinstance(function, FunctionValue) and (not function.function.is_async or id(call) in awaited.run):
                inner = self._wait_in(function, depth + 1)
                if inner is not None:
                    yield inner._replace(call=call, text=_text_of(call))

    def _run(self, call: Call, function: Value | None, scope: Scope) -> Iterator[str]:
        """The functions of libraries that a call runs: the called one, and one that is handed to a thread."""
        yield from _name(function)
        name, method = next(_name(function), ""), last_name(call.function)
        if name in vocabulary.OFFLOADERS or method in vocabulary.OFFLOADING_METHODS:
            for one in call.arguments[:2]:
                yield from _name(self._context.value(one.value, scope))

    def _is_slow(self, name: str, call: Call) -> bool:
        if name in vocabulary.SLEEPS:
            first = call.arguments[0].value if call.arguments else None
            return not (isinstance(first, Constant) and first.value == vocabulary.SLEEPING_FOR_NOTHING)
        if name in vocabulary.REMOTE_CALLS:
            return True
        return name.startswith(vocabulary.MODEL_LIBRARIES) and name.rpartition(".")[2] in vocabulary.MODEL_METHODS

    def _wait_in(self, function: FunctionValue, depth: int) -> _Wait | None:
        """The slow call that a function makes whenever it is run."""
        key = (id(function.scope), depth)
        if key not in self._waits:
            self._waits[key] = self._first_wait(function, depth) if depth < _DEPTH else None
        return self._waits[key]

    def _first_wait(self, function: FunctionValue, depth: int) -> _Wait | None:
        if function.function.is_generator or function.function.decorators:
            return None
        scope = function.scope
        graph = self._context.effects.graph(scope)
        nodes = nodes_by_expression(graph)
        for one in self._all_waits(scope, depth):
            if is_always_met(graph, nodes.get(id(one.call), ())):
                does = "sleeps" if one.sleeps else "waits for another server"
                note = one.inner or self._context.note(scope, one.call.place, f"`{one.text}` {does} here")
                return one._replace(inner=note)
        return None

    def _awaited(self, scope: Scope) -> _Awaited:
        assert isinstance(scope.owner, Function)
        run, let_go = set[int](), set[int]()
        for part in scope.expressions:
            if isinstance(part, Await):
                run |= {id(one) for one in subexpressions(part.value)}
        for statement in scope.statements:
            for item in statement.items if isinstance(statement, With) else ():
                run.add(id(item.context))
        for call in calls_of(scope):
            if last_name(call.function) in vocabulary.TASK_STARTERS and id(call) not in run:
                let_go |= {id(one.value) for one in call.arguments}
        return _Awaited(frozenset(run - let_go), frozenset(let_go))


class _Awaited(NamedTuple):
    """The calls of a function that it waits for, and those that run on as tasks, by their identity."""

    run: frozenset[int]
    let_go: frozenset[int]


def _name(value: Value | None) -> Iterator[str]:
    if isinstance(value, Library | LibraryObject):
        yield value.name


def _text_of(call: Call) -> str:
    function: Expression = call.function
    text = dotted(function)
    if text is None and isinstance(function, Attribute):
        text = function.name
    return f"{text}()" if text else "this call"
