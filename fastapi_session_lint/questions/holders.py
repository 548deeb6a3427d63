"""Who holds a task, a thread or a future that a function has made, and where it waits for it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.steps import Graph, Iterate, Step
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Comprehension,
    Expression,
    Name,
    Walrus,
    Yield,
)
from fastapi_session_lint.model.syntax import Assign, Return
from fastapi_session_lint.model.walk import expressions_of, subexpressions
from fastapi_session_lint.project.values import Library, Scope
from fastapi_session_lint.questions.graph_places import expressions_in

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_Test = Callable[[Expression], bool]
_ADDING = frozenset({"append", "add", "extend", "insert"})


class Held(NamedTuple):
    """What becomes of a task: `at_once` it is waited for, or later at `ends`, or by nobody (`is_forgotten`)."""

    ends: frozenset[int]
    at_once: bool = False
    is_forgotten: bool = False
    is_repeated: bool = False


class Holders:
    """Follows the names and lists that hold a task in one function."""

    def __init__(self, context: Context, scope: Scope, graph: Graph) -> None:
        self._context = context
        self._scope = scope
        self._graph = graph

    def of(self, call: Call) -> Held:
        """What becomes of the task that a call makes."""
        if self._is_waited_for_at_once(call):
            return Held(frozenset(), at_once=True)
        names, is_away = self._names_of(call)
        names, is_away = self._spread(names, is_away)
        ends = frozenset(at for at, one in enumerate(self._graph.nodes) if self._is_end(one.step, call, names))
        return Held(ends, False, not ends and not is_away, self.is_in_comprehension(call))

    def is_in_comprehension(self, call: Call) -> bool:
        """Whether a call stands in a comprehension, and so is made many times."""
        return any(
            isinstance(part, Comprehension) and any(one is call for one in _all_in(part.elements))
            for part in self._parts()
        )

    def _parts(self) -> Iterator[Expression]:
        yield from self._scope.expressions

    def _is_waited_for_at_once(self, call: Call) -> bool:
        """`await create_task(…)`, `submit(…).result()`."""
        for part in self._parts():
            match part:
                case Await(value) if value is call or self._wraps(value, call):
                    return True
                case Attribute(value, name) if value is call and name in vocabulary.ENDING_METHODS:
                    return True
        return False

    def _wraps(self, value: Expression, call: Call) -> bool:
        if not isinstance(value, Call) or not value.arguments or value.arguments[0].value is not call:
            return False
        return self._library(value) in vocabulary.COROUTINE_WRAPPERS

    def _library(self, call: Call) -> str:
        value = self._context.value(call.function, self._scope)
        return value.name if isinstance(value, Library) else ""

    # --- names ---

    def _names_of(self, call: Call) -> tuple[frozenset[str], bool]:
        """The names that hold a task from the beginning, and whether someone out of sight does."""
        return self._holding(lambda expression: any(part is call for part in subexpressions(expression)), call)

    def _spread(self, names: frozenset[str], is_away: bool) -> tuple[frozenset[str], bool]:
        """The same with the lists that those are put into."""
        for _ in range(4):
            more, away = self._holding(functools.partial(mentions, names=names), None)
            if more <= names and (is_away or not away):
                break
            names, is_away = names | more, is_away or away
        return names, is_away

    def _holding(self, has: _Test, call: Call | None) -> tuple[frozenset[str], bool]:
        names, is_away = set[str](), False
        for statement in self._scope.statements:
            if isinstance(statement, Return) and statement.value is not None and has(statement.value):
                is_away |= not _awaits(statement.value)
            if isinstance(statement, Assign) and has(statement.value) and _holds(statement.value, call):
                is_away |= not all(isinstance(one, Name) for one in statement.targets)
                names |= {one.id for one in statement.targets if isinstance(one, Name)}
            for expression in expressions_of(statement):
                for part in subexpressions(expression):
                    found, away = self._taken(part, has, call)
                    names |= found
                    is_away |= away
        return frozenset(names), is_away

    def _taken(self, part: Expression, has: _Test, call: Call | None) -> tuple[set[str], bool]:
        """Who gets the task by one expression."""
        match part:
            case Walrus(target, value) if has(value):
                return {target}, False
            case Yield(value) if value is not None and has(value):
                return set(), True
            case Call(Attribute(Name(owner), method)) if part is not call and method in _ADDING and _given(part, has):
                return ({owner}, False) if self._is_local(owner) else (set(), False)
            case Call() if part is not call and _given(part, has):
                return set(), self._library(part) not in vocabulary.TOGETHER | vocabulary.FUTURE_WAITERS
        return set(), False

    def _is_local(self, name: str) -> bool:
        return name in self._context.names.bindings(self._scope)

    # --- ends ---

    def _is_end(self, step: Step, call: Call, names: frozenset[str]) -> bool:
        """Whether a step waits for the task, or ends it."""
        names |= self._gone_through(names)

        def has(one: Expression) -> bool:
            return mentions(one, names) or any(part is call for part in subexpressions(one))

        for expression in expressions_in(step):
            for part in subexpressions(expression):
                match part:
                    case Await(value) if has(value):
                        return True
                    case Call(Attribute(owner, method)) if method in vocabulary.ENDING_METHODS and has(owner):
                        return True
                    case Call() if self._library(part) in vocabulary.TOGETHER | vocabulary.FUTURE_WAITERS:
                        if _given(part, has):
                            return True
        return False

    def _gone_through(self, names: frozenset[str]) -> frozenset[str]:
        """The targets of loops over what holds the task."""
        return frozenset(
            one.step.target.id
            for one in self._graph.nodes
            if isinstance(one.step, Iterate) and isinstance(one.step.target, Name)
            if mentions(one.step.iterable, names)
        )


def mentions(expression: Expression, names: frozenset[str]) -> bool:
    """Whether an expression has one of some names in it."""
    return any(isinstance(part, Name) and part.id in names for part in subexpressions(expression))


def _all_in(expressions: tuple[Expression, ...]) -> Iterator[Expression]:
    for one in expressions:
        yield from subexpressions(one)


def _given(call: Call, has: _Test) -> bool:
    return any(has(one.value) for one in call.arguments)


def _awaits(expression: Expression) -> bool:
    return any(isinstance(part, Await) for part in subexpressions(expression))


def _holds(value: Expression, call: Call | None) -> bool:
    """Whether a value with a task in it still is one, or a list of them, and not what came of it."""
    return value is call or not (isinstance(value, Call) or _awaits(value))
