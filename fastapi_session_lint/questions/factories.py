"""How sessions are made: by which factory, and whether their objects expire at a commit."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, Subscript, dotted, last_name
from fastapi_session_lint.model.syntax import Assign, Class, Function, Return
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars, is_true, provided
from fastapi_session_lint.project.values import EngineValue, FactoryValue, FunctionValue, Library, Scope, SessionClass
from fastapi_session_lint.questions.entered import is_entered
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class PlainFactory(NamedTuple):
    """`sessionmaker(…, class_=AsyncSession)`; `names` are the plain ones among the two, without a module in front.

    `is_default_class` where async_sessionmaker would take that class too.
    """

    call: Call
    names: tuple[str, ...]
    is_default_class: bool


class Expiring(NamedTuple):
    """A call by which async sessions are made whose objects expire at a commit; `is_session` for a single one.

    `name` is the variable that gets the factory, else what is called.
    """

    call: Call
    is_session: bool
    name: str


class Factories:
    """The questions about factories."""

    def __init__(self, context: Context) -> None:
        self._context = context

    # --- which factory ---

    def plain(self, scope: Scope) -> Iterator[PlainFactory]:
        """The sessionmakers that are told to make async sessions, on an engine that can."""
        for call in calls_of(scope) if self._context.contents.calls_any(vocabulary.SESSION_MAKERS, scope) else ():
            given = argument(call, vocabulary.CLASS_OPTION)
            if given is None or not self._is_maker(call, scope, vocabulary.SESSION_MAKERS):
                continue
            kind = self._context.value(given, scope)
            if isinstance(kind, SessionClass) and kind.is_async and not self._is_on_sync_engine(call, scope):
                yield PlainFactory(
                    call,
                    tuple(one.id for one in (call.function, given) if isinstance(one, Name)),
                    kind.of is None and kind.flavour == "sqlalchemy",
                )

    def _is_on_sync_engine(self, call: Call, scope: Scope) -> bool:
        bind = argument(call, "bind", 0)
        engine = self._context.value(bind, scope) if bind is not None else None
        return isinstance(engine, EngineValue) and not engine.is_async

    def _is_maker(self, call: Call, scope: Scope, makers: frozenset[str]) -> bool:
        function = self._context.value(call.function, scope)
        return isinstance(function, Library) and function.name in makers

    # --- what expires ---

    def expiring(self, scope: Scope) -> Iterator[Expiring]:
        """The factories and the calls of session classes, in application code, that leave expire_on_commit as it is.

        A project in which nothing is committed has nothing that could expire.
        """
        if not self._context.contents.calls_any(_MAKING, scope):
            return
        if self._context.is_test(scope) or not self._is_anything_committed:
            return
        for call in calls_of(scope):
            if argument(call, vocabulary.EXPIRE_OPTION) is not None or has_stars(call):
                continue
            if self._runs_once(scope) and not self._stays(call, scope):
                continue
            match self._context.value(call.function, scope):
                case Library(name) if name in _MAKERS and self._makes_expiring(call, scope):
                    if not is_entered(call, scope):  # that is a mistake of its own, and makes no sessions
                        yield Expiring(call, False, _name(call, scope))
                case Library(name) if name in vocabulary.PROVIDERS and self._provides_expiring(call, scope):
                    yield Expiring(call, False, _name(call, scope))
                case SessionClass() as kind if (
                    self._is_expiring_class(kind)
                    and self._is_worked_with(call, scope)
                    and not _is_set_later(call, scope)
                ):
                    yield Expiring(call, True, last_name(call.function))

    def expires(self, call: Call, scope: Scope) -> bool:
        """Whether it is known of a session that a call makes or gives that a commit expires its objects."""
        given = argument(call, vocabulary.EXPIRE_OPTION)
        if given is not None or has_stars(call):
            return is_true(given)
        if _is_set_later(call, scope):
            return False
        match call.function, self._context.value(call.function, scope):
            case _, SessionClass() as kind:
                return _has_plain_constructor(kind)
            case _, FactoryValue() as factory:
                return self._factory_expires(factory)
            case Attribute(owner, "begin"), _ if isinstance(made := self._context.value(owner, scope), FactoryValue):
                return self._factory_expires(made)
            case _, FunctionValue(inner):
                inside = self._context.creations(inner)
                return bool(inside) and all(self.expires(one.call, inner) for one in inside)
        return False

    def _factory_expires(self, factory: FactoryValue) -> bool:
        call, scope = factory.call, factory.scope
        if call is None or scope is None or factory.is_scoped or self._is_told_later(call, scope):
            return False
        maker = self._context.value(call.function, scope)
        if not isinstance(maker, Library) or maker.name not in _MAKERS or maker.name in vocabulary.KEEPING_MAKERS:
            return False
        given = argument(call, vocabulary.EXPIRE_OPTION)
        if given is not None or has_stars(call):
            return is_true(given)
        kind_given = argument(call, vocabulary.CLASS_OPTION, 1)
        kind = self._context.value(kind_given, scope) if kind_given is not None else None
        return kind_given is None or (isinstance(kind, SessionClass) and _has_plain_constructor(kind))

    def _runs_once(self, scope: Scope) -> bool:
        """Whether a scope is no part of the application: a script, or what only runs at start-up."""
        return isinstance(scope.owner, Function) and self._context.framework.runs_at_startup(scope)

    def _stays(self, call: Call, scope: Scope) -> bool:
        """Whether what a function makes at start-up is there for the requests: it is returned, or kept elsewhere."""
        if self._is_of_script(scope):
            return False
        targets = list(_targets(call, scope))
        outer = scope.owner.outer_names if isinstance(scope.owner, Function) else frozenset()
        names = {dotted(one) for one in targets if isinstance(one, Name)}
        returned = (one.value for one in scope.statements if isinstance(one, Return))
        return (
            any(isinstance(one, Attribute | Subscript) for one in targets)
            or not names.isdisjoint(outer)
            or any(one is call or (isinstance(one, Name) and one.id in names) for one in returned)
        )

    def _is_of_script(self, scope: Scope) -> bool:
        """Whether a scope stands in a module that is run by itself, not by the application."""
        startup, module = self._context.framework.startup, self._context.names.modules[scope.module.path]
        return startup.is_script(module) or startup.is_one_off(module)

    def _makes_expiring(self, call: Call, scope: Scope) -> bool:
        value = self._context.value(call, scope)
        if not isinstance(value, FactoryValue) or not value.is_async or self._is_told_later(call, scope):
            return False
        given = argument(call, vocabulary.CLASS_OPTION, 1)
        kind = self._context.value(given, scope) if given is not None else None
        return given is None or (isinstance(kind, SessionClass) and self._is_expiring_class(kind))

    def _provides_expiring(self, call: Call, scope: Scope) -> bool:
        """Whether a container's provider makes such a factory."""
        made = provided(call)
        if made is None or not self._is_maker(made, scope, _MAKERS):
            return False
        return self._makes_expiring(made, scope)

    def _is_expiring_class(self, kind: SessionClass) -> bool:
        return kind.is_async and _has_plain_constructor(kind)

    def _is_told_later(self, call: Call, scope: Scope) -> bool:
        """Whether a factory is told elsewhere: `factory(expire_on_commit=False)`, `factory.configure(…)`."""
        calls, names = self._told
        return id(call) in calls or bool(names & {last_name(one) for one in _targets(call, scope)})

    @functools.cached_property
    def _told(self) -> tuple[frozenset[int], frozenset[str]]:
        """The factories that are told elsewhere, and the names of those that are not known there.

        What a test or a script tells when it makes its own session is nothing to the sessions of the requests.
        """
        calls, names = set[int](), set[str]()
        for scope in self._context.names.all_scopes():
            for call in calls_of(scope) if self._context.contents.calls_any(_TELLING, scope) else ():
                if argument(call, vocabulary.EXPIRE_OPTION) is None and not _is_configured_unseen(call):
                    continue
                if not _is_configure(call) and (self._context.is_test(scope) or self._is_of_script(scope)):
                    continue
                told = _configured(call)
                match self._context.value(told, scope):
                    case FactoryValue() as factory if factory.call is not None:
                        calls.add(id(factory.call))
                    case FactoryValue() | None:
                        names.add(last_name(told))
        return frozenset(calls), frozenset(names - {""})

    @functools.cached_property
    def _is_anything_committed(self) -> bool:
        """Whether the application commits: by a call, or by a block of `begin()`."""
        names = vocabulary.COMMITTING_METHODS
        scopes = self._context.names.all_scopes()
        return any(
            isinstance(call.function, Attribute) and call.function.name in names
            for scope in scopes
            if self._context.contents.calls_any(names, scope) and not self._context.is_test(scope)
            for call in calls_of(scope)
        )

    def _is_worked_with(self, call: Call, scope: Scope) -> bool:
        """Whether a single session, one that has an engine, is handed to others, or is committed."""
        if not call.arguments:
            return False
        for creation in self._context.creations(scope):
            if creation.call is call:
                life = self._context.life(creation)
                return life.is_handed_on or any(_commits(moment.use) for moment in life.moments)
        return False


def _commits(use: Use) -> bool:
    """Whether a commit happens, here or in a function that is given the session."""
    if use.kind is UseKind.ACT:
        return use.action is Action.COMMIT
    return use.kind is UseKind.PASS and use.effect is not None and use.effect.commits


def _has_plain_constructor(kind: SessionClass) -> bool:
    """Whether a session class has SQLAlchemy's constructor: a project's own may set what it likes."""
    definition = kind.of.owner if kind.of is not None else None
    return not (isinstance(definition, Class) and "__init__" in definition.bindings)


def _configured(call: Call) -> Expression:
    """The factory of `factory(…)` or `factory.configure(…)`."""
    return call.function.value if isinstance(call.function, Attribute) and _is_configure(call) else call.function


def _is_configure(call: Call) -> bool:
    return last_name(call.function) == "configure"


def _is_configured_unseen(call: Call) -> bool:
    return _is_configure(call) and has_stars(call)


def _name(call: Call, scope: Scope) -> str:
    return next((name for one in _targets(call, scope) if (name := dotted(one))), last_name(call.function))


def _is_set_later(call: Call, scope: Scope) -> bool:
    """Whether the option is set on the session that a call makes: `session.sync_session.expire_on_commit = False`."""
    names = {dotted(one) for one in _targets(call, scope)}
    return any(
        isinstance(target, Attribute)
        and target.name == vocabulary.EXPIRE_OPTION
        and (dotted(target.value) or "").removesuffix(f".{vocabulary.SYNC_SESSION}") in names
        for one in scope.statements
        if isinstance(one, Assign)
        for target in one.targets
    )


def _targets(call: Call, scope: Scope) -> Iterator[Expression]:
    """What a call's result is assigned to in its scope."""
    for one in scope.statements:
        if isinstance(one, Assign) and any(part is call for part in subexpressions(one.value)):
            yield from one.targets


_MAKERS = vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS

_MAKING: Wanted = _MAKERS | vocabulary.PROVIDERS | {SessionClass}
_TELLING: Wanted = frozenset({vocabulary.EXPIRE_OPTION, "configure"})
