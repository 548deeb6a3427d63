"""What a function has run beside itself: coroutines of a gather, tasks, threads; and until when."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.steps import Graph
from fastapi_session_lint.model.expressions import (
    NOTHING,
    Argument,
    Attribute,
    Call,
    Choice,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Name,
    Opaque,
    Starred,
    Subscript,
    dotted,
    last_name,
)
from fastapi_session_lint.model.syntax import Assigned, Function
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument
from fastapi_session_lint.project.values import Library, LibraryObject, Scope
from fastapi_session_lint.questions.graph_places import exits_of, nodes_by_expression
from fastapi_session_lint.questions.holders import Holders

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Launch(NamedTuple):
    """Something that runs beside the function that has it run, or beside others of the same `group`.

    `call` has it run and `work` is what runs; `nodes` are where it is made, `ends` where it has been waited for.
    `is_repeated`: the expression makes many of them. `outlives`: nobody waits for it. `group` is the call that runs
    several coroutines at once, None where each runs by itself.
    """

    call: Call
    work: Call
    nodes: frozenset[int]
    ends: frozenset[int]
    group: Call | None = None
    is_repeated: bool = False
    is_thread: bool = False
    outlives: bool = False


class _Work(NamedTuple):
    """What runs, the expression that makes it, whether that makes many, and whether a thread runs it."""

    work: Call
    made_by: Expression
    is_repeated: bool = False
    is_thread: bool = False


class Launches:
    """Finds what one function has run at once."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self._context = context
        self._scope = scope
        self._taken: set[int] = set()  # the hand-offs to threads that a gather or a task waits for

    @functools.cached_property
    def _graph(self) -> Graph:
        return self._context.effects.graph(self._scope)

    @functools.cached_property
    def _nodes(self) -> dict[int, list[int]]:
        return nodes_by_expression(self._graph)

    @functools.cached_property
    def _holders(self) -> Holders:
        return Holders(self._context, self._scope, self._graph)

    def all(self) -> Iterator[Launch]:
        """Everything that runs beside something else."""
        if not self._context.contents.calls_any(_LAUNCHING, self._scope):
            return
        calls = [(call, self._library(call.function)) for call in calls_of(self._scope)]
        for call, name in calls:
            if name in vocabulary.TOGETHER:
                yield from self._together(call)
            elif name in vocabulary.TASK_MAKERS and call.arguments:
                yield from self._tasks(call)
        for call, name in calls:
            if name in vocabulary.THREADS:
                yield from self._alone(call, self._thread(call))
            elif (offloaded := self._offloaded(call, name)) is not None:
                yield from self._alone(call, offloaded if id(call) not in self._taken else None)
            elif isinstance(call.function, Attribute):
                yield from self._by_method(call, call.function)

    def _library(self, function: Expression) -> str:
        value = self._context.value(function, self._scope)
        return value.name if isinstance(value, Library | LibraryObject) else ""

    def _where(self, expression: Expression) -> frozenset[int]:
        return frozenset(self._nodes.get(id(expression), ()))

    # --- coroutines that run at once ---

    def _together(self, call: Call) -> Iterator[Launch]:
        ends = self._where(call)
        for one in call.arguments:
            for work in self._coroutines(one.value, frozenset()) if one.name is None else ():
                nodes = self._where(work.made_by)
                yield Launch(call, work.work, nodes, ends, call, work.is_repeated, work.is_thread)

    def _coroutines(self, expression: Expression, seen: frozenset[str]) -> Iterator[_Work]:
        """The calls that make the coroutines in an expression; tasks are found by themselves."""
        match expression:
            case Call():
                yield from self._coroutine(expression, seen)
            case Name(name) if name not in seen:
                for one in self._values_of(name):
                    yield from self._coroutines(one, seen | {name})
            case Starred(value):
                yield from self._coroutines(value, seen)
            case Choice(_, body, _):
                yield from self._coroutines(body, seen)
            case Comprehension(_, elements, _):
                for work in self._coroutines(elements[-1], seen):
                    yield work._replace(is_repeated=True)
            case Collection(kind, items):
                for item in items[1::2] if kind == "dict" else items:
                    yield from self._coroutines(item, seen)
            case Opaque(parts):
                for part in parts:
                    yield from self._coroutines(part, seen)

    def _coroutine(self, call: Call, seen: frozenset[str]) -> Iterator[_Work]:
        name = self._library(call.function)
        if name in vocabulary.TASK_MAKERS or name in vocabulary.TOGETHER:
            return
        if name in vocabulary.COROUTINE_WRAPPERS and call.arguments:
            yield from self._coroutines(call.arguments[0].value, seen)
        elif (offloaded := self._offloaded(call, name)) is not None:
            self._taken.add(id(call))
            yield _Work(offloaded, call, is_thread=True)
        elif last_name(call.function) == "map" and isinstance(call.function, Name) and call.arguments:
            yield _Work(called_later(call.arguments[0].value, (_MORE,), call.place), call, is_repeated=True)
        elif isinstance(call.function, Attribute) and call.function.name in ("values", "items") and not call.arguments:
            yield from self._coroutines(call.function.value, seen)
        elif isinstance(call.function, Name) and call.function.id in vocabulary.CONSUMERS and call.arguments:
            yield from self._coroutines(call.arguments[0].value, seen)
        else:
            yield _Work(call, call)

    def _values_of(self, name: str) -> Iterator[Expression]:
        """What a name of the function is bound to, and what is appended to it."""
        for one in self._context.names.bindings(self._scope).get(name, ()):
            if isinstance(one, Assigned) and one.via == "=" and one.position is None:
                yield one.value
        for call in calls_of(self._scope):
            match call:
                case Call(Attribute(Name(owner), "append" | "extend" | "add"), (Argument(value=value),)):
                    if owner == name:
                        yield value
        owner_scope = self._scope.owner
        for store in owner_scope.stores if isinstance(owner_scope, Function) else ():
            match store.target:
                case Subscript(Name(owner)) if owner == name:
                    yield store.value

    # --- tasks and threads ---

    def _tasks(self, call: Call) -> Iterator[Launch]:
        for work in self._coroutines(call.arguments[0].value, frozenset()):
            yield from self._alone(call, work.work, is_thread=work.is_thread)

    def _alone(self, call: Call, work: Call | None, *, is_thread: bool = True) -> Iterator[Launch]:
        """What runs until somebody waits for it; nothing where that is done at once."""
        held = self._holders.of(call)
        if work is not None and not held.at_once:
            yield Launch(call, work, self._where(call), held.ends, None, held.is_repeated, is_thread, held.is_forgotten)

    def _thread(self, call: Call) -> Call | None:
        """`Thread(target=f, args=(db,), kwargs={"limit": 1})`, `Timer(5, f, [db])`."""
        is_timer = self._library(call.function).endswith("Timer")
        target = argument(call, "function", 1) if is_timer else argument(call, "target", 1)
        if target is None:
            return None
        given = argument(call, "args", 2 if is_timer else 3)
        named = argument(call, "kwargs", 3 if is_timer else 4)
        items = given.items if isinstance(given, Collection) else ()
        pairs = zip(named.items[::2], named.items[1::2], strict=False) if isinstance(named, Collection) else ()
        keywords = [Argument(str(key.value), value, "") for key, value in pairs if isinstance(key, Constant)]
        return called_later(target, (*(Argument(None, one, "") for one in items), *keywords), call.place)

    def _offloaded(self, call: Call, name: str) -> Call | None:
        """`to_thread(f, db)`, `loop.run_in_executor(None, f, db)`: the call that a thread makes."""
        is_executor = last_name(call.function) == vocabulary.RUN_IN_EXECUTOR
        first = 1 if is_executor else 0
        if not is_executor and (name not in vocabulary.OFFLOADERS or name in vocabulary.EXECUTORS):
            return None
        if len(call.arguments) <= first or call.arguments[first].name is not None:
            return None
        return called_later(call.arguments[first].value, call.arguments[first + 1 :], call.place)

    def _by_method(self, call: Call, function: Attribute) -> Iterator[Launch]:
        """`group.start_soon(f, db)`, `executor.submit(f, db)`, `executor.map(f, items)`."""
        makers = self._makers_of(function.value)
        names = {self._library(one.function) for one in makers} or {self._library_of_object(function.value)}
        name = names.pop() if len(names) == 1 else ""
        if name in vocabulary.TASK_GROUPS and function.name in vocabulary.TASK_GROUP_METHODS and call.arguments:
            yield from self._in_group(call, function)
        elif name in vocabulary.EXECUTORS and call.arguments and not any(_has_one_worker(one) for one in makers):
            work = called_later(call.arguments[0].value, call.arguments[1:], call.place)
            if function.name in vocabulary.EXECUTOR_SUBMITTERS:
                for one in self._alone(call, work):
                    ends = one.ends | exits_of(self._graph, dotted(function.value))
                    yield one._replace(ends=ends, outlives=one.outlives and not ends)
            elif function.name in vocabulary.EXECUTOR_MAPPERS:
                work = called_later(call.arguments[0].value, (_MORE,), call.place)
                yield Launch(call, work, self._where(call), self._where(call), is_repeated=True, is_thread=True)

    def _in_group(self, call: Call, function: Attribute) -> Iterator[Launch]:
        ends, nodes = exits_of(self._graph, dotted(function.value)), self._where(call)
        if function.name == "start_soon":
            first, *others = call.arguments
            work = called_later(first.value, tuple(others), call.place)
            yield Launch(call, work, nodes, ends, is_repeated=self._holders.is_in_comprehension(call))
            return
        for one in self._coroutines(call.arguments[0].value, frozenset()):
            yield Launch(call, one.work, nodes, ends, is_repeated=self._holders.is_in_comprehension(call))

    def _makers_of(self, owner: Expression) -> tuple[Call, ...]:
        """The calls that make the groups or executors which are entered or assigned here by one name."""
        name = dotted(owner)
        bindings = self._context.names.bindings(self._scope).get(name, ()) if name is not None else ()
        return tuple(one.value for one in bindings if isinstance(one, Assigned) and isinstance(one.value, Call))

    def _library_of_object(self, owner: Expression) -> str:
        value = self._context.value(owner, self._scope)
        return value.name if isinstance(value, LibraryObject) else ""


_MORE = Argument(None, NOTHING, "*")
"""What a map gives to the function that it calls."""


def called_later(function: Expression, arguments: tuple[Argument, ...], place: int) -> Call:
    """The call that is made later; a partial brings arguments along."""
    if isinstance(function, Call) and last_name(function.function) == "partial" and function.arguments:
        first, *others = function.arguments
        return called_later(first.value, (*others, *arguments), place)
    return Call(function, arguments, place)


def _has_one_worker(maker: Call) -> bool:
    """Whether an executor has one thread, so that what it is given runs one after the other."""
    workers = argument(maker, "max_workers", 0)
    return isinstance(workers, Constant) and workers.value == "1"


_LAUNCHING: Wanted = (
    vocabulary.TOGETHER
    | vocabulary.TASK_MAKERS
    | vocabulary.THREADS
    | vocabulary.OFFLOADERS
    | vocabulary.TASK_GROUP_METHODS
    | vocabulary.EXECUTOR_SUBMITTERS
    | vocabulary.EXECUTOR_MAPPERS
    | {vocabulary.RUN_IN_EXECUTOR}
)
