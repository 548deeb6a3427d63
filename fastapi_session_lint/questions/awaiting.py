"""Which calls of session methods are awaited, and which should be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Choice,
    Collection,
    Comprehension,
    Expression,
    Logic,
    Name,
    Starred,
    Walrus,
    Yield,
    dotted,
    parts_of,
)
from fastapi_session_lint.model.syntax import Assign, Function, Return
from fastapi_session_lint.model.walk import expressions_of
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.questions.blocking import chain
from fastapi_session_lint.questions.kinds import AskedKinds

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_AWAITABLE_PLAIN = frozenset({"begin", "begin_nested"})


class Awaiting:
    """The questions about awaits."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asked_kinds = AskedKinds(context)

    def forgotten(self, scope: Scope) -> Iterator[tuple[Call, str, str]]:
        """Coroutine calls of async sessions in an async function that nothing awaits: (call, session, method)."""
        if isinstance(scope.owner, Function) and scope.owner.is_async:
            yield from self.dropped(scope)

    def dropped(self, scope: Scope, caller_awaits: bool = True) -> Iterator[tuple[Call, str, str]]:
        """The same for a function of either kind; `caller_awaits` says whether one that is returned is awaited."""
        owner = scope.owner
        if not isinstance(owner, Function):
            return
        if not self._context.contents.calls_any(vocabulary.COROUTINE_METHODS, scope):
            return
        coroutines = {id(call): name for call in owner.calls if (name := self._coroutine_of(call, scope)) is not None}
        if not coroutines:
            return
        kept = _kept_names(scope, caller_awaits)
        for statement in scope.statements:
            consumed = isinstance(statement, Return) and caller_awaits
            if isinstance(statement, Assign):
                consumed = any(dotted(target) in kept or not isinstance(target, Name) for target in statement.targets)
            for expression in expressions_of(statement):
                for call in _dropped(expression, consumed):
                    name = coroutines.get(id(call))
                    if name is not None and isinstance(call.function, Attribute):
                        yield call, name, call.function.name

    def _coroutine_of(self, call: Call, scope: Scope) -> str | None:
        """The session of a coroutine method call."""
        if not isinstance(call.function, Attribute) or call.function.name not in vocabulary.COROUTINE_METHODS:
            return None
        session = self._context.session(call.function.value, scope)
        if session is None or not session.is_async or session.overrides(call.function.name):
            return None
        if self._asked_kinds.of(call, scope) is False:
            return None
        return dotted(call.function.value) or "session"

    def wrong(self, scope: Scope) -> Iterator[tuple[int, str, str, bool]]:
        """Awaits of session methods that give nothing to await: (place, session, method, whether it is async)."""
        owner = scope.owner
        if not isinstance(owner, Function) or not owner.is_async:
            return
        for expression in scope.expressions:
            if isinstance(expression, Await):
                yield from self._wrong(expression, scope)

    def _wrong(self, expression: Await, scope: Scope) -> Iterator[tuple[int, str, str, bool]]:
        outermost = expression.value
        for call in chain(outermost):
            if not isinstance(call, Call) or not isinstance(call.function, Attribute):
                continue
            owner, method = call.function.value, call.function.name
            session = self._context.session(owner, scope)
            if session is None or method not in vocabulary.SESSION_METHODS or session.overrides(method):
                continue
            if not session.is_async and (method in vocabulary.ASYNC_METHODS or self._asked_kinds.of(call, scope)):
                return
            if not session.is_async and self._context.evidence.undisputed_session(owner, scope) is None:
                return  # the await tells more than an annotation, or the name of a factory that is out of sight
            name = dotted(owner) or "session"
            plain = method in vocabulary.PLAIN_METHODS - _AWAITABLE_PLAIN and call is outermost
            if not session.is_async or plain:
                yield expression.place, name, method, session.is_async
            return


def _kept_names(scope: Scope, caller_awaits: bool) -> frozenset[str]:
    """The names that are awaited, returned to who awaits, or given to something, in a function."""
    found: set[str] = set()
    for expression in scope.expressions:
        match expression:
            case Await(Name(name), _):
                found.add(name)
            case Call(_, arguments, _):
                found |= {one.value.id for one in arguments if isinstance(one.value, Name)}
            case Collection(_, items):
                found |= {item.id for item in items if isinstance(item, Name)}
    for statement in scope.statements:
        if caller_awaits and isinstance(statement, Return) and isinstance(statement.value, Name):
            found.add(statement.value.id)
    return frozenset(found)


def _dropped(expression: Expression, consumed: bool) -> Iterator[Call]:
    """The calls whose result nothing awaits or passes on; `consumed` says that the whole expression's is."""
    match expression:
        case Call(function, arguments, _):
            if not consumed:
                yield expression
            yield from _dropped(function, False)
            for one in arguments:
                yield from _dropped(one.value, True)  # whatever is given on may be awaited there
        case Await(value, _):
            yield from _dropped(value, True)
        case Yield(value, _, _):
            if value is not None:
                yield from _dropped(value, True)
        case Choice(test, body, orelse):
            yield from _dropped(test, False)
            yield from _dropped(body, consumed)
            yield from _dropped(orelse, consumed)
        case Logic(_, left, right):
            yield from _dropped(left, False)
            yield from _dropped(right, consumed)
        case Collection(_, items):
            for item in items:
                yield from _dropped(item, True)
        case Comprehension(_, elements, generators):
            for loop in generators:
                yield from _dropped(loop.iterable, False)
                for condition in loop.conditions:
                    yield from _dropped(condition, False)
            for element in elements:
                yield from _dropped(element, True)
        case Starred(value) | Walrus(_, value):
            yield from _dropped(value, consumed)
        case _:
            for part in parts_of(expression):
                yield from _dropped(part, False)
