"""Markers that a function body takes for what they would inject: kept in a name, passed on, advanced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Argument,
    Attribute,
    Call,
    Choice,
    Expression,
    Logic,
    Name,
)
from fastapi_session_lint.model.syntax import Assign, Assigned, Define, For, Function, Parameter, Statement, Suite, With
from fastapi_session_lint.model.walk import all_expressions, statements
from fastapi_session_lint.project.arguments import argument_for
from fastapi_session_lint.project.values import (
    ClassValue,
    FunctionValue,
    Library,
    MarkerValue,
    ObjectValue,
    Scope,
    SessionValue,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class KeptMarker(NamedTuple):
    """A `Depends(…)` that a function body uses as if it were what the dependency gives; `name` keeps it, if any."""

    place: int
    name: str


class KeptMarkers:
    """The questions about `Depends(…)` where nobody injects."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def kept(self, scope: Scope) -> Iterator[KeptMarker]:
        """The markers of a function body that are used as if FastAPI had put a value in their place."""
        if not isinstance(scope.owner, Function) or not self._context.framework.markers_in(scope):
            return
        for statement in scope.statements:
            yield from self._kept_by(statement, scope.owner.body, scope)
            yield from self._gone_through(statement, scope)
        for expression in scope.expressions:
            match expression:
                case Call():
                    yield from self._passed(expression, scope)
                case Attribute(value, name) if name not in vocabulary.MARKER_ATTRIBUTES:
                    yield from self._at_once(value, scope)

    def _kept_by(self, statement: Statement, body: Suite, scope: Scope) -> Iterator[KeptMarker]:
        """`db = Depends(get_db)`, `self.db = Depends(get_db)`."""
        match statement:
            case Assign((Name(name),), value, place):
                marker = self._marker_in(value, scope)
                if marker and self._holds_no_other(name, scope) and self._uses(Name(name), body, scope, marker):
                    yield KeptMarker(place, name)
            case Assign((Attribute(Name(owner), attribute),), value, place):
                marker = self._marker_in(value, scope)
                if marker and self._is_used_by_methods(attribute, scope, marker):
                    yield KeptMarker(place, f"{owner}.{attribute}")

    def _gone_through(self, statement: Statement, scope: Scope) -> Iterator[KeptMarker]:
        """`with Depends(get_db) as db`, `for db in Depends(get_db)`."""
        match statement:
            case With(items, _, _, _):
                for item in items:
                    yield from self._at_once(item.context, scope)
            case For(_, iterable, _, _, _, _):
                yield from self._at_once(iterable, scope)

    def _at_once(self, value: Expression, scope: Scope) -> Iterator[KeptMarker]:
        marker = self._marker_in(value, scope) if isinstance(value, Call) else None
        if marker is not None:
            yield KeptMarker(marker.call.place, "")

    def _marker_in(self, value: Expression, scope: Scope) -> MarkerValue | None:
        match value:
            case Call():
                found = self._context.value(value, scope)
                return found if isinstance(found, MarkerValue) and found.call is value else None
            case Logic(_, left, right) | Choice(_, left, right):
                return self._marker_in(left, scope) or self._marker_in(right, scope)
        return None

    def _holds_no_other(self, name: str, scope: Scope) -> bool:
        """Whether a name is bound to nothing else; what a caller passes is another matter."""
        definitions = self._context.names.bindings(scope).get(name, ())
        return all(
            isinstance(one, Parameter) or (isinstance(one, Assigned) and self._marker_in(one.value, scope) is not None)
            for one in definitions
        )

    def _uses(self, kept: Expression, body: Suite, scope: Scope, marker: MarkerValue) -> bool:
        """Whether a body takes what it keeps for a value: enters it, goes through it, calls a method, hands it on."""
        for statement in statements(body):
            match statement:
                case With(items, _, _, _) if any(_same(one.context, kept) for one in items):
                    return True
                case For(_, iterable, _, _, _, _) if _same(iterable, kept):
                    return True
        for expression in all_expressions(body):
            match expression:
                case Attribute(value, name) if name not in vocabulary.MARKER_ATTRIBUTES and _same(value, kept):
                    return True
                case Call() if self._is_injecting_a_session(marker):
                    if any(self._takes_session(expression, one, scope) for one in expression.arguments
                           if _same(one.value, kept)):  # fmt: skip
                        return True
        return False

    def _is_used_by_methods(self, attribute: str, scope: Scope, marker: MarkerValue) -> bool:
        """Whether a method of the class uses an attribute of its object as a value."""
        owner = scope.enclosing_class
        methods = [one for one in self._context.names.functions if owner is not None and one.enclosing_class is owner]
        for method in methods:
            assert isinstance(method.owner, Function)
            if not method.owner.parameters:
                continue
            kept = Attribute(Name(method.owner.parameters[0].name), attribute)
            if self._uses(kept, method.owner.body, method, marker):
                return True
        return False

    def _is_injecting_a_session(self, marker: MarkerValue) -> bool:
        return isinstance(self._context.roles.injected(marker), SessionValue)

    def _passed(self, call: Call, scope: Scope) -> Iterator[KeptMarker]:
        """`load(Depends(get_db))`, `next(Depends(get_db))`: a marker that is handed on in the place of a session."""
        for one in call.arguments:
            marker = self._marker_in(one.value, scope) if isinstance(one.value, Call) else None
            if marker is None:
                continue
            takes = self._is_injecting_a_session(marker) and self._takes_session(call, one, scope)
            if takes or self._advances(call, scope):
                yield KeptMarker(marker.call.place, "")

    def _advances(self, call: Call, scope: Scope) -> bool:
        """Whether a call is next() or anext()."""
        value = self._context.value(call.function, scope)
        return isinstance(value, Library) and value.name in vocabulary.FIRST_ITEM

    def _takes_session(self, call: Call, argument: Argument, scope: Scope) -> bool:
        """Whether a call gives an argument to a parameter of the project that stands for a session."""
        value = self._context.value(call.function, scope)
        if isinstance(value, ClassValue):
            value = self._context.roles.member(value, "__init__", ObjectValue(value))
        if not isinstance(value, FunctionValue):
            return False
        is_bound = value.receiver is not None
        return any(
            argument_for(one, value.function, call, is_bound) is argument.value
            and isinstance(self._context.roles.parameter(one, value.scope), SessionValue)
            and not self._only_keeps(value.scope, one.name)
            for one in value.function.parameters
        )

    def _only_keeps(self, scope: Scope, name: str) -> bool:
        """Whether a function makes of a parameter a default of the functions in it, or an attribute without methods.

        A marker is at its place there: who says that it is a session says what it will stand for.
        """
        function = scope.owner
        assert isinstance(function, Function)
        inside = [one.definition for one in statements(function.body) if isinstance(one, Define)]
        made = [one for one in inside if isinstance(one, Function)]
        values = [one.default for inner in made for one in inner.parameters]
        for statement in statements(function.body):
            match statement:
                case Assign((Attribute(Name(), attribute),), value, _) if not self._is_read(attribute, scope):
                    values.append(value)
        kept = [one for one in values if isinstance(one, Name) and one.id == name]
        reads = [one for one in all_expressions(function.body) if isinstance(one, Name) and one.id == name]
        return bool(kept) and len(reads) == len(kept) and not any(name in inner.reads for inner in made)

    def _is_read(self, attribute: str, scope: Scope) -> bool:
        """Whether a method, be it of a class that derives from this one, reads an attribute of its own object."""
        if scope.enclosing_class is None:
            return True
        methods = (one for one in self._context.names.functions if one.enclosing_class is not None and one is not scope)
        for method in methods:
            assert isinstance(method.owner, Function)
            kept = Attribute(Name(next((one.name for one in method.owner.parameters), "")), attribute)
            targets = {id(target) for one in method.statements if isinstance(one, Assign) for target in one.targets}
            if any(_same(one, kept) and id(one) not in targets for one in method.expressions):
                return True
        return False


def _same(one: Expression, other: Expression) -> bool:
    """Whether two expressions are the same name, or the same attribute of the same name."""
    match one, other:
        case Name(left), Name(right):
            return left == right
        case Attribute(Name(left), name), Attribute(Name(right), attribute):
            return (left, name) == (right, attribute)
    return False
