"""Commits that can fail with nothing around them that rolls back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.flow.lives import Life, Link, Point
from fastapi_session_lint.flow.states import Health
from fastapi_session_lint.flow.steps import Catch
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name
from fastapi_session_lint.model.syntax import Function
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import ClassValue, FunctionValue, ObjectValue, Scope
from fastapi_session_lint.questions.failures import failures
from fastapi_session_lint.questions.followed import lives
from fastapi_session_lint.vocabulary import EXIT_METHODS, SESSION_METHODS, Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


def unguarded_commits(context: Context, scope: Scope) -> Iterator[tuple[int, str, bool]]:
    """Commits after whose failure nothing in the function rolls back or closes: (place, name, is async)."""
    if context.is_test(scope):
        return
    reported = list(failures(context, scope))
    seen = {one.place for one in reported}
    seen |= {call.place for call, _ in unguarded_shared_commits(context, scope)}
    seen |= context.final_commits.places(scope)
    handlers = {one.handler for one in reported}
    for name, is_async, life in lives(context, scope):
        if _is_guarded_by_object(context, scope, name):
            continue
        commits = {use.place for use in life.acts(Action.COMMIT)} - _guarded(life)
        for _, point in life.ends if life.complete else ():
            cause = point.state.cause
            if point.state.health is Health.FAILED and cause in commits and cause not in seen:
                seen.add(cause)
                if not _comes_to(life, point, handlers):
                    yield cause, name, is_async


def _comes_to(life: Life, point: Point, handlers: set[int]) -> bool:
    """Whether the error that a session at a point has failed by went through one of the handlers."""
    since = itertools.dropwhile(lambda link: not _is_before_failure(link, point), life.way(point))
    steps = (life.graph.nodes[link.point.node].step for link in since if link.point is not None)
    return any(isinstance(step, Catch) and step.handler.place in handlers for step in steps)


def _is_before_failure(link: Link, point: Point) -> bool:
    return link.raised is not None and link.raised.place == point.state.cause


def _is_guarded_by_object(context: Context, scope: Scope, name: str) -> bool:
    """Whether the method of a unit of work commits a session that leaving the object's own block closes."""
    owner = scope.enclosing_class
    attribute = name.partition(".")[2]
    if owner is None or not attribute or not isinstance(scope.owner, Function) or scope.owner.name in EXIT_METHODS:
        return False
    of = ClassValue(owner)
    exits = (context.roles.member(of, method, ObjectValue(of)) for method in sorted(EXIT_METHODS))
    effects = (context.effects.of_attribute(one, attribute) for one in exits if isinstance(one, FunctionValue))
    return any(one is not None and one.mends for one in effects)


def _guarded(life: Life) -> set[int]:
    """The operations after whose failure some path rolls back or closes."""
    return {
        moment.before.cause for moment in life.moments if moment.before.health is Health.FAILED and _mends(moment.use)
    }


def _mends(use: Use) -> bool:
    if use.kind is UseKind.PASS and use.effect is not None:
        return use.effect.mends
    return use.kind is UseKind.ACT and use.action in (Action.ROLLBACK, Action.CLOSE)


def unguarded_shared_commits(context: Context, scope: Scope) -> Iterator[tuple[Call, str]]:
    """Commits on a session that lives as long as the process, with no handler around that rolls back.

    An error ends a test, and a script that is run once: nothing uses the session after it.
    """
    if context.is_test(scope) or not context.contents.calls_any(_COMMITTING, scope):
        return
    if context.framework.startup.is_one_off(context.names.modules[scope.module.path]):
        return
    for call in calls_of(scope):
        match call.function:
            case Attribute(owner, "commit") if name := context.shared.name_of(owner, scope):
                if scope.owner is None or _is_guarded(context, scope, call, name):
                    continue
                if not _is_guarded_by_decorator(context, scope) and not _is_guarded_by_callers(context, scope, name):
                    yield call, name


def _is_guarded_by_decorator(context: Context, scope: Scope) -> bool:
    """Whether a decorator of the project puts something around the function that rolls back."""
    for decorator in scope.owner.decorators if isinstance(scope.owner, Function) else ():
        inner = decorator.function if isinstance(decorator, Call) else decorator
        value = context.value(inner, scope.outer or scope)
        if isinstance(value, FunctionValue) and any(_rolls_back(one) for one in _nested(context, value.scope)):
            return True
    return False


def _nested(context: Context, scope: Scope) -> Iterator[Scope]:
    """A function's scope and those of the functions within it."""
    yield scope
    for definitions in context.names.bindings(scope).values():
        for one in definitions:
            if isinstance(one, Function):
                yield from _nested(context, context.names.scope_of(one))


def _rolls_back(scope: Scope) -> bool:
    methods = (call.function.name for call in calls_of(scope) if isinstance(call.function, Attribute))
    return any(SESSION_METHODS.get(method) in (Action.ROLLBACK, Action.CLOSE) for method in methods)


def _is_guarded_by_callers(context: Context, scope: Scope, name: str) -> bool:
    """Whether all known callers of a function see to its failure, on the same session under the same name."""
    calls = [
        (caller, call)
        for caller in context.framework.callers(scope)
        for call in calls_of(caller)
        if isinstance(value := context.value(call.function, caller), FunctionValue) and value.scope is scope
    ]
    return bool(calls) and all(
        caller.owner is not None
        and context.shared.name_of(_named(name), caller) == name
        and _is_guarded(context, caller, call, name)
        for caller, call in calls
    )


def _named(name: str) -> Expression:
    first, *rest = name.split(".")
    found: Expression = Name(first)
    for one in rest:
        found = Attribute(found, one)
    return found


def _is_guarded(context: Context, scope: Scope, call: Call, name: str) -> bool:
    life = context.life_of_names(scope, frozenset({name}))
    return not any(point.state.health is Health.FAILED and point.state.cause == call.place for _, point in life.ends)


_COMMITTING: Wanted = frozenset({"commit"})
