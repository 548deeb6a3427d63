"""Engines and factories that are made anew for every request, or on every run of a task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, dotted, last_name
from fastapi_session_lint.model.syntax import Class, Function
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars
from fastapi_session_lint.project.values import EngineValue, Library, Scope
from fastapi_session_lint.questions.keeping import varies
from fastapi_session_lint.questions.reached import Step, Way

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Repeated(NamedTuple):
    """A call that makes an engine or a factory over and over; `is_let_go` where no connection of it stays open."""

    call: Call
    way: Way
    is_let_go: bool

    @property
    def maker(self) -> str:
        """What is called, by its last name."""
        return last_name(self.call.function)


class PerRequest:
    """The questions about what is made too often."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def engines(self, scope: Scope) -> Iterator[Repeated]:
        """The engines that a function makes for every request.

        One whose address comes with the request cannot be made before; it is left out where it is disposed of. A task
        may need an engine of its own: its event loop, its process are others.
        """
        for call in self._makers(scope):
            way = self._context.reached.way(call, scope)
            if way is None or way.is_task:
                continue
            is_let_go = self._has_no_pool(call, scope) or any(self._disposes(one) for one in way.steps)
            url = argument(call, "url", 0)
            if not is_let_go or (url is not None and not varies(url, scope)):
                yield Repeated(call, way, is_let_go)

    def factories(self, scope: Scope) -> Iterator[Repeated]:
        """The factories that a function makes for every request or task, but for an engine that it makes as well."""
        if not isinstance(scope.owner, Function) or self._context.is_test(scope):
            return
        for call in calls_of(scope) if self._context.contents.calls_any(_FACTORY_MAKERS, scope) else ():
            function = self._context.value(call.function, scope)
            if not isinstance(function, Library) or function.name not in _FACTORY_MAKERS:
                continue
            bind = argument(call, "bind", 0)
            if bind is not None and self._is_made_here(bind, scope):
                continue
            way = self._context.reached.way(call, scope)
            if way is not None:
                yield Repeated(call, way, True)

    def _is_made_here(self, bind: Expression, scope: Scope) -> bool:
        """Whether an engine is made by the function itself, under a name or as an attribute of its object."""
        assert isinstance(scope.owner, Function)
        made = {id(one) for one in self._makers(scope)}
        stored = {dotted(one.target) for one in scope.owner.stores if id(one.value) in made}
        engine = self._context.value(bind, scope)
        return (isinstance(engine, EngineValue) and id(engine.call) in made) or dotted(bind) in stored - {None}

    def _makers(self, scope: Scope) -> Iterator[Call]:
        if not isinstance(scope.owner, Function) or self._context.is_test(scope):
            return
        for call in calls_of(scope) if self._context.contents.calls_any(_ENGINE_MAKERS, scope) else ():
            function = self._context.value(call.function, scope)
            if isinstance(function, Library) and function.name in _ENGINE_MAKERS:
                yield call

    # --- letting go ---

    def _has_no_pool(self, call: Call, scope: Scope) -> bool:
        """Whether connections are closed when they are given back, or options cannot be read."""
        pool = argument(call, "poolclass")
        if pool is None:
            return has_stars(call)
        value = self._context.value(pool, scope)
        return not isinstance(value, Library) or value.name.rpartition(".")[2] in vocabulary.NULL_POOLS

    def _disposes(self, step: Step) -> bool:
        """Whether a function, or the class whose object has the engine, disposes of one."""
        around = step.scope.enclosing_class
        functions = [step.scope.owner]
        if around is not None and isinstance(around.owner, Class):
            functions += [one for found in around.owner.bindings.values() for one in found if isinstance(one, Function)]
        calls = (call for one in functions if isinstance(one, Function) for call in one.calls)
        return any(_is_dispose(part) for call in calls for part in (call.function, *_values(call)))


def _values(call: Call) -> tuple[Expression, ...]:
    return tuple(one.value for one in call.arguments)


def _is_dispose(expression: Expression) -> bool:
    return isinstance(expression, Attribute) and last_name(expression) == "dispose"


_ENGINE_MAKERS = vocabulary.ENGINE_MAKERS | vocabulary.ASYNC_ENGINE_MAKERS
_FACTORY_MAKERS = vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS
