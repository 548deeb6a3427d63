"""Whether an engine can work with its driver, and a factory or session with its engine."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, last_name
from fastapi_session_lint.model.syntax import Assigned, Function
from fastapi_session_lint.model.walk import subexpressions
from fastapi_session_lint.project.contents import Wanted
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars
from fastapi_session_lint.project.values import (
    EngineValue,
    FactoryValue,
    Library,
    ObjectValue,
    Scope,
    SessionClass,
    Value,
)
from fastapi_session_lint.vocabulary import Misfit

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_SCHEME = re.compile(r"(\w+)(?:\+(\w+))?://")
_DEPTH = 4
_DIALECTS_CHANGED = "1.4"
"""The SQLAlchemy release that dropped the misspelt names of dialects."""
_OWN_DRIVER = ("creator", "async_creator", "module", "dialect")
"""The options with which the URL says no longer how to connect."""


class Mismatch(NamedTuple):
    """The call at fault, why, the driver, dialect or factory in question, and whether the URL can be no other."""

    call: Call
    cause: Misfit
    subject: str
    is_certain: bool = True


class Drivers:
    """The questions about drivers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def mismatches(self, scope: Scope) -> Iterator[Mismatch]:
        """The engines, factories and sessions of a scope that cannot work as they are made."""
        contents = self._context.contents
        if not contents.gives_any(_ENGINES, scope) and not contents.calls_any(_MAKERS, scope):
            return
        for call in calls_of(scope):
            value = self._context.value(call, scope)
            if isinstance(value, EngineValue) and value.call is call:
                found = self._of_engine(value)
            else:
                found = self._of_sessions(call, scope)
            if found is not None:
                yield found

    # --- engines ---

    def _of_engine(self, engine: EngineValue) -> Mismatch | None:
        call, scope = engine.call, engine.scope
        if call is None or scope is None or id(call) in self._wrapped:
            return None
        url = argument(call, "url", 0)
        address = self._context.engines.address(url, scope) if url is not None else None
        scheme = _SCHEME.match(address.text) if address is not None else None
        if address is None or scheme is None or any(argument(call, one) is not None for one in _OWN_DRIVER):
            return None
        if vocabulary.SYNC_AS_ASYNC_OPTION in address.text or (url is not None and self._is_validated(url, scope)):
            return None
        found = self._cause(scheme[1].lower(), scheme[2], engine.is_async, scope)
        return Mismatch(call, *found, address.is_certain) if found is not None else None

    def _is_validated(self, url: Expression, scope: Scope, depth: int = 0) -> bool:
        """Whether the URL is a setting that a validator of its class may rewrite."""
        names = self._context.names
        for part in subexpressions(url):
            if isinstance(part, Attribute):
                value = self._context.value(part.value, scope)
                if isinstance(value, ObjectValue) and self._has_validators(value):
                    return True
            found = names.resolve(part.id, scope) if isinstance(part, Name) and depth < _DEPTH else None
            for one in found[0] if found else ():
                if found and isinstance(one, Assigned) and self._is_validated(one.value, found[1], depth + 1):
                    return True
        return False

    def _has_validators(self, owner: ObjectValue) -> bool:
        methods = [one for found in owner.of.definition.bindings.values() for one in found if isinstance(one, Function)]
        decorators = (self._context.roles.decorators(one, self._context.names.scope_of(one)) for one in methods)
        return any(one & vocabulary.VALIDATORS for one in decorators)

    def _cause(self, dialect: str, driver: str | None, is_async: bool, scope: Scope) -> tuple[Misfit, str] | None:
        release = self._context.versions(scope).sqlalchemy
        if dialect in vocabulary.MISSPELT_DIALECTS:
            return (Misfit.NO_DIALECT, dialect) if release.at_least(_DIALECTS_CHANGED) else None
        if driver is not None:
            if driver in vocabulary.ASYNC_DRIVERS and not is_async:
                return Misfit.ASYNC_DRIVER, driver
            return (Misfit.SYNC_DRIVER, driver) if driver in vocabulary.SYNC_DRIVERS and is_async else None
        default = vocabulary.DEFAULT_DRIVERS.get(dialect)
        changed, later = vocabulary.LATER_DEFAULT_DRIVERS.get(dialect, ("", default))
        if changed and release.at_least(changed):
            default = later
        is_wrong = default in vocabulary.SYNC_DRIVERS and is_async
        return (Misfit.SYNC_DEFAULT, f"`{dialect}://` means {default}") if is_wrong else None

    @functools.cached_property
    def _wrapped(self) -> frozenset[int]:
        """The calls whose plain engine is made into an async one: `AsyncEngine(create_engine(…))`."""
        found: set[int] = set()
        names = self._context.names
        for scope in (*names.all_scopes(), *names.classes):
            for call in calls_of(scope) if self._context.contents.calls_any(_WRAPPERS, scope) else ():
                if last_name(call.function) != "AsyncEngine":
                    continue
                for one in call.arguments:
                    value = self._context.value(one.value, scope)
                    if isinstance(value, EngineValue) and value.call is not None:
                        found.add(id(value.call))
        return frozenset(found)

    # --- factories and sessions ---

    def _of_sessions(self, call: Call, scope: Scope) -> Mismatch | None:
        is_async = self._makes_async(call, scope)
        bind = argument(call, "bind", 0) if is_async is not None else None
        engine = self._context.value(bind, scope) if bind is not None else None
        if not isinstance(engine, EngineValue) or self._of_engine(engine) is not None:
            return None
        if is_async is None or is_async == engine.is_async:
            return None
        return Mismatch(call, Misfit.ASYNC_ENGINE if engine.is_async else Misfit.SYNC_ENGINE, last_name(call.function))

    def _makes_async(self, call: Call, scope: Scope) -> bool | None:
        """Whether a factory makes async sessions, or a call is one; None where it is no such call, or not known."""
        function = self._context.value(call.function, scope)
        match function:
            case Library(name) if name in vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS:
                return self._made_by(call, scope, name in vocabulary.ASYNC_SESSION_MAKERS)
            case SessionClass(is_async, _, None):
                return is_async
            case FactoryValue(_, _, False, maker, home) if maker is not None and home is not None:
                return self._makes_async(maker, home)
        return None

    def _made_by(self, call: Call, scope: Scope, is_async: bool) -> bool | None:
        given = argument(call, "class_", 1)
        if given is None:
            return None if has_stars(call) else is_async
        kind: Value | None = self._context.value(given, scope)
        return kind.is_async if isinstance(kind, SessionClass) else None


_ENGINES = frozenset({EngineValue})
_MAKERS: Wanted = vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS | {SessionClass, FactoryValue}

_WRAPPERS: Wanted = frozenset({"AsyncEngine"})
