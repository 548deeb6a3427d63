"""Whether a call is left out when the thing that it makes is there already.

So it is behind `if self._engine is None`, after an early `return _engines[tenant]`, in `except KeyError`, and in
`given or create_engine(…)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Choice,
    Expression,
    Logic,
    Name,
    Subscript,
    dotted,
)
from fastapi_session_lint.model.syntax import (
    Assigned,
    Class,
    Function,
    If,
    Imported,
    Return,
    Statement,
    Suite,
    Try,
    While,
)
from fastapi_session_lint.model.walk import expressions_of, statements, subexpressions, way_to
from fastapi_session_lint.project.values import Scope
from fastapi_session_lint.questions.keeping import Keeping, is_receiver

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Guards:
    """The question about one call in one function."""

    def __init__(self, context: Context, keeping: Keeping, scope: Scope) -> None:
        self._context = context
        self._call = keeping.call
        self._scope = scope
        self._function = keeping.function
        self._holders = keeping.holders

    def is_guarded(self) -> bool:
        """Whether the call is left out when the thing is there already."""
        way = list(way_to(self._function.body, self._call))
        if any(self._guards(statement, suite) for statement, suite in way):
            return True
        if way and any(_is_alternative(part, self._call) for part in expressions_of(way[-1][0])):
            return True
        return any(self._hands_out(one) for one in self._before())

    def _guards(self, statement: Statement, suite: Suite | None) -> bool:
        match statement:
            case If(test, body, orelse, _):
                other = orelse if suite is body else body
                return suite is not None and self._asks_what_lasts(test) and not self._makes(other)
            case While(test, _, _, _):
                return self._asks_what_lasts(test)
            case Try(_, handlers, _, _, _):
                return any(suite is handler.body for handler in handlers)
        return False

    def _makes(self, suite: Suite) -> bool:
        """Whether a block makes a thing of the same kind."""
        kind = type(self._context.value(self._call, self._scope))
        parts = (part for one in statements(suite) for whole in expressions_of(one) for part in subexpressions(whole))
        calls = (part for part in parts if isinstance(part, Call))
        return any(isinstance(self._context.value(one, self._scope), kind) for one in calls)

    def _asks_what_lasts(self, test: Expression) -> bool:
        """Whether a test asks for something that outlives the call, or for the result's own name."""
        return any(self._lasts(part) for part in subexpressions(test))

    def _lasts(self, part: Expression) -> bool:
        match part:
            case Subscript():
                return True
            case Call(Name("hasattr" | "getattr"), _, _):
                return True
            case Name(name):
                found = self._context.names.lookup(name, self._scope)
                if found is None:
                    return False
                definitions, place = found
                if place is self._scope:
                    return name in self._holders or is_receiver(name, self._scope) or self._is_taken_out(name)
                return not isinstance(definitions[-1], Imported | Function | Class)
            case Attribute(owner, _):
                return self._is_set_here(part) and not self._is_own(owner)
        return False

    def _is_set_here(self, attribute: Attribute) -> bool:
        """Whether the function sets an attribute itself: `Engines.shared`, of the class, next to what it makes."""
        name = dotted(attribute)
        return name is not None and any(dotted(one.target) == name for one in self._function.stores)

    def _is_own(self, owner: Expression) -> bool:
        """Whether an object is a local one of the function."""
        name = (dotted(owner) or "").partition(".")[0]
        found = self._context.names.lookup(name, self._scope)
        return found is None or found[1] is self._scope

    def _is_taken_out(self, name: str) -> bool:
        """Whether a local name has what was taken out of a container or off an object."""
        return any(
            isinstance(one, Assigned)
            and any(isinstance(part, Subscript | Attribute) for part in subexpressions(one.value))
            for one in self._function.bindings.get(name, ())
        )

    def _before(self) -> Iterator[Return]:
        for one in statements(self._function.body):
            if any(part is self._call for whole in expressions_of(one) for part in subexpressions(whole)):
                return
            if isinstance(one, Return):
                yield one

    def _hands_out(self, statement: Return) -> bool:
        """An early return of something that was there before: neither made here, nor a plain answer."""
        match statement.value:
            case Subscript() | Attribute():
                return True
            case Name(name):
                return not self._is_made(name)
            case Call(Attribute(_, method), _, _):
                return method in vocabulary.CONTAINER_READERS
        return False

    def _is_made(self, name: str) -> bool:
        """Whether all that a local name is bound to is made right there."""
        definitions = self._function.bindings.get(name, ())
        calls = [one.value for one in definitions if isinstance(one, Assigned) and isinstance(one.value, Call)]
        kind = type(self._context.value(self._call, self._scope))
        return len(calls) == len(definitions) > 0 and all(
            isinstance(self._context.value(one, self._scope), kind) and not isinstance(one.function, Attribute)
            for one in calls
        )


def _is_alternative(expression: Expression, call: Call) -> bool:
    """Whether a call stands in `given or call()`, or in one branch of `a if test else b`."""
    for part in subexpressions(expression):
        sides: tuple[Expression, ...] = ()
        match part:
            case Logic(_, _, right):
                sides = (right,)
            case Choice(_, body, orelse):
                sides = (body, orelse)
        if any(inner is call for side in sides for inner in subexpressions(side)):
            return True
    return False
