"""Whether a function ever comes back to its caller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_session_lint.flow.following import follow
from fastapi_session_lint.flow.states import State, Status
from fastapi_session_lint.model.expressions import Await, Call, Expression
from fastapi_session_lint.model.syntax import Do, Function, If, Raise, Return, Statement, Suite, Try, With
from fastapi_session_lint.project.implementations import is_abstract
from fastapi_session_lint.project.values import FunctionValue, Scope
from fastapi_session_lint.vocabulary import EXITS, NO_RETURN_TYPES

if TYPE_CHECKING:
    from fastapi_session_lint.flow.effects import Effects


class Returning:
    """Answers, each worked out once: by the annotation, else by following every path."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._known: dict[int, bool] = {}

    def never_returns(self, function: FunctionValue) -> bool:
        """Whether a call never comes back: every path raises, or the annotation says so."""
        key = id(function.scope)
        if key not in self._known:
            self._known[key] = False
            self._known[key] = self._is_declared(function) or self._only_raises(function.scope)
        return self._known[key]

    def _is_declared(self, function: FunctionValue) -> bool:
        returns = function.function.returns
        if returns is None:
            return False
        declared = self._effects.roles.value(returns, function.scope.outer or function.scope)
        return getattr(declared, "name", "") in NO_RETURN_TYPES

    def _only_raises(self, scope: Scope) -> bool:
        function = scope.owner
        if not isinstance(function, Function) or function.is_generator or is_abstract(function):
            return False
        if not self._ends(function.body, scope):
            return False
        start = State(Status.ABSENT, frozenset())
        life = follow(self._effects, scope, self._effects.graph(scope), None, start)
        return life.complete and all(failed for failed, _ in life.ends)

    def _ends(self, suite: Suite, scope: Scope) -> bool:
        """Whether a block's last statement may be one that nothing comes after: a quick look before the long one."""
        return bool(suite) and self._is_end(suite[-1], scope)

    def _is_end(self, last: Statement, scope: Scope) -> bool:
        match last:
            case Raise():
                return True
            case Do(value, _):
                return self._is_exit(value, scope)
            case Return(value, _):
                return value is not None and self._is_exit(value, scope)
            case If(_, body, orelse, _):
                return self._ends(body, scope) and self._ends(orelse, scope)
            case With(_, body, _, _):
                return self._ends(body, scope)
            case Try(body, handlers, orelse, finalbody, _):
                suites = [orelse or body, *(one.body for one in handlers)]
                return self._ends(finalbody, scope) or all(self._ends(one, scope) for one in suites)
        return False

    def _is_exit(self, value: Expression, scope: Scope) -> bool:
        call = value.value if isinstance(value, Await) else value
        if not isinstance(call, Call):
            return False
        called = self._effects.roles.value(call.function, scope)
        if isinstance(called, FunctionValue):
            return self.never_returns(called)
        return getattr(called, "name", "") in EXITS


def is_left_to_subclasses(function: Function) -> bool:
    """Whether a method only says that each derived class has one of its own: what that does is not known here."""
    return is_abstract(function) and any(isinstance(one, Raise) for one in function.body)
