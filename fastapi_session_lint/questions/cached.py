"""Sessions that are cached: what a cached function returns, and what is put into a container that lasts."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Collection,
    Comprehension,
    Expression,
    Name,
    Subscript,
    dotted,
)
from fastapi_session_lint.model.syntax import Assigned, Class, Definition, Delete, Function, Return
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.values import (
    ClassValue,
    CoroutineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    Library,
    ManagerValue,
    ModuleValue,
    ObjectValue,
    Scope,
    SessionClass,
    SessionValue,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class CachedKind(enum.Enum):
    """What everybody is given in place of a session of one's own."""

    SESSION = enum.auto()
    """One session."""
    GENERATOR = enum.auto()
    """A generator that gives its session once."""
    COROUTINE = enum.auto()
    """A coroutine that can be awaited once."""


class CachedSession(NamedTuple):
    """Where a session is cached; `name` is the function that makes it, or the container that keeps it."""

    place: int
    name: str
    kind: CachedKind


class _Container(NamedTuple):
    """A container that a module or class keeps, or an object that a module keeps: by where, and its name there."""

    home: int
    name: str


class Cached:
    """The questions about cached sessions."""

    def __init__(self, context: Context) -> None:
        self._context = context

    # --- functions ---

    def decorated(self, scope: Scope) -> Iterator[CachedSession]:
        """The decorator by which a function's session is cached, if there is one."""
        owner = scope.owner
        if not isinstance(owner, Function) or self._context.is_test(scope):
            return
        for decorator, place in zip(owner.decorators, owner.decorator_places, strict=True):
            cache = self._context.roles.decorator_name(decorator, scope.outer or scope)
            kind = self._given(FunctionValue(scope), cache) if cache in vocabulary.RESULT_CACHES else None
            if kind is not None:
                yield CachedSession(place, owner.name, kind)
                return

    def wrapped(self, scope: Scope) -> Iterator[CachedSession]:
        """The calls that make a cached function of one that gives a session, or of a factory."""
        if self._context.is_test(scope) or not self._context.contents.calls_any(vocabulary.RESULT_CACHES, scope):
            return
        for call in calls_of(scope):
            cache = self._cache_of(call, scope)
            first = call.arguments[0] if cache is not None and call.arguments else None
            if first is None or first.name is not None or first.star:
                continue
            value = self._context.value(first.value, scope)
            kind = self._given(value, cache) if isinstance(value, FunctionValue) else None
            if isinstance(value, FactoryValue | SessionClass):
                kind = CachedKind.SESSION
            if kind is not None:
                yield CachedSession(call.place, dotted(first.value) or "this function", kind)

    def _cache_of(self, call: Call, scope: Scope) -> str | None:
        """The cache that a call wraps its argument in: `cache(f)`, `lru_cache(maxsize=None)(f)`."""
        function = call.function.function if isinstance(call.function, Call) else call.function
        value = self._context.value(function, scope)
        return value.name if isinstance(value, Library) and value.name in vocabulary.RESULT_CACHES else None

    def _given(self, function: FunctionValue, cache: str | None) -> CachedKind | None:
        """What a function gives to be cached, as far as it is a session that it has not been given itself."""
        result = self._context.roles.call_result(function)
        match result:
            case GeneratorValue(SessionValue()) | ManagerValue(SessionValue()):
                return CachedKind.GENERATOR
            case CoroutineValue():
                is_session = isinstance(result.value, SessionValue) or self._returns_made(function.scope)
                if is_session and cache not in vocabulary.COROUTINE_CACHES:
                    return CachedKind.COROUTINE
                result = result.value
        if isinstance(result, SessionValue):
            return None if self._hands_back(function.function) else CachedKind.SESSION
        return CachedKind.SESSION if self._returns_made(function.scope) else None

    def _hands_back(self, function: Function) -> bool:
        """Whether a function returns what it was given, by the name that it came in with or another."""
        given = {one.name for one in function.parameters}
        assigned = ((name, one) for name, bound in function.bindings.items() for one in bound)
        given |= {name for name, one in assigned if isinstance(one, Assigned) and _names_any(one.value, given)}
        returned = (one.value for one in statements(function.body) if isinstance(one, Return))
        return any(one is not None and _names_any(one, given) for one in returned)

    def _returns_made(self, scope: Scope) -> bool:
        """Whether a function returns an object with a session that it makes."""
        return any(self._context.life(one).returns for one in self._context.creations(scope))

    # --- containers ---

    def stored(self, scope: Scope) -> Iterator[CachedSession]:
        """The sessions that are put into a container which a module, a class or a module's object keeps."""
        if self._context.is_test(scope):
            return
        fills_any = self._context.contents.calls_any(vocabulary.CONTAINER_FILLERS, scope)
        filled = [*_stored(scope), *(_filled(scope) if fills_any else ()), *self._displayed(scope)]
        for owner, value, place in filled if filled and not self._is_script(scope) else ():
            container = self._container(owner, scope) if self._is_made(value, scope) else None
            if container is not None and container not in self._emptied:
                yield CachedSession(place, dotted(owner) or container.name, CachedKind.SESSION)

    def _is_script(self, scope: Scope) -> bool:
        module = self._context.names.modules[scope.module.path]
        startup = self._context.framework.startup
        return startup.is_script(module) or startup.is_one_off(module)

    def _is_made(self, value: Expression, scope: Scope) -> bool:
        """Whether a value is a session made here, or a name for one."""
        if isinstance(value, Name) and isinstance(scope.owner, Function):
            bound = scope.owner.bindings.get(value.id, ())
            return any(isinstance(one, Assigned) and one.via == "=" and self._makes(one.value, scope) for one in bound)
        return self._makes(value, scope)

    def _makes(self, value: Expression, scope: Scope) -> bool:
        return self._context.shared.made(value, scope) is not None

    def _displayed(self, scope: Scope) -> Iterator[tuple[Expression, Expression, int]]:
        """What stands in the displays that a module gives names to."""
        bindings = scope.module.bindings if scope.owner is None else {}
        for name, definitions in bindings.items():
            for one in definitions:
                if not isinstance(one, Assigned) or one.via != "=":
                    continue
                for item in _items(one.value):
                    call = self._context.shared.made(item, scope)
                    if call is not None:
                        yield Name(name), item, call.place

    def _container(self, expression: Expression, scope: Scope) -> _Container | None:
        """The container that an expression stands for, if it outlives the function."""
        match expression:
            case Name(name):
                definitions, home = self._context.names.resolve(name, scope) or ((), scope)
                if home.owner is None and self._is_container(definitions, home):
                    return _Container(id(home), name)
            case Attribute(owner, name):
                return self._attribute(owner, name, scope)
        return None

    def _attribute(self, owner: Expression, name: str, scope: Scope) -> _Container | None:
        value = self._context.value(owner, scope)
        if isinstance(value, ModuleValue) and value.path in self._context.names.modules:
            return self._container(Name(name), self._context.names.modules[value.path])
        of = value.of if isinstance(value, ObjectValue) else value
        if not isinstance(of, ClassValue):
            return None
        home = of.scope
        assert isinstance(home.owner, Class)
        kept = [
            one for _, one in home.owner.attributes.get(name, ()) if id(home) in self._context.shared.module_objects
        ]
        is_kept = self._is_container((*home.owner.bindings.get(name, ()), *kept), home)
        return _Container(id(home), name) if is_kept else None

    def _is_container(self, definitions: tuple[Definition, ...], home: Scope) -> bool:
        return any(isinstance(one, Assigned) and self._makes_container(one.value, home) for one in definitions)

    def _makes_container(self, value: Expression, home: Scope) -> bool:
        match value:
            case Collection(kind, _):
                return kind != "tuple"
            case Comprehension(kind, _, _):
                return kind != "generator"
            case Call(Name(name)) if self._context.names.lookup(name, home) is None:
                return name in vocabulary.CONTAINER_MAKERS
            case Call(function):
                maker = self._context.value(function, home)
                return isinstance(maker, Library) and maker.name in vocabulary.CONTAINER_MAKERS
        return False

    def _may_serve(self, scope: Scope) -> bool:
        """Whether a function may run between requests: not one of the tests, nor one of the life span's alone."""
        framework = self._context.framework
        if framework.is_test(scope):
            return False
        around = (scope, *framework.callers(scope))
        return not (any(map(framework.startup.is_registered, around)) and framework.runs_at_startup(scope))

    @functools.cached_property
    def _emptied(self) -> frozenset[_Container]:
        """The containers out of which something is taken again: whoever does that may close it."""
        found = set()
        for scope in self._context.names.all_scopes():
            for owner in _emptied_in(scope) if self._may_serve(scope) else ():
                container = self._container(owner, scope)
                if container is not None:
                    found.add(container)
        return frozenset(found)


def _names_any(value: Expression, names: set[str]) -> bool:
    return isinstance(value, Name) and value.id in names


def _stored(scope: Scope) -> Iterator[tuple[Expression, Expression, int]]:
    """What a scope sets an item of a container to: (container, value, place)."""
    stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
    for store in stores if not isinstance(scope.owner, Class) else ():
        if isinstance(store.target, Subscript):
            yield store.target.value, store.value, store.place


def _filled(scope: Scope) -> Iterator[tuple[Expression, Expression, int]]:
    """What a scope puts into a container by a method of it: (container, value, place)."""
    for call in calls_of(scope):
        if isinstance(call.function, Attribute) and call.function.name in vocabulary.CONTAINER_FILLERS:
            yield from ((call.function.value, one.value, call.place) for one in call.arguments)


def _emptied_in(scope: Scope) -> Iterator[Expression]:
    for call in calls_of(scope):
        if isinstance(call.function, Attribute) and call.function.name in vocabulary.CONTAINER_EMPTIERS:
            yield call.function.value
    for statement in scope.statements:
        if isinstance(statement, Delete):
            yield from (one.value for one in statement.targets if isinstance(one, Subscript))


def _items(value: Expression) -> tuple[Expression, ...]:
    match value:
        case Collection(_, items):
            return items
        case Comprehension(_, elements, _):
            return elements[-1:]
    return ()
