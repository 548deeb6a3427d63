"""Sessions that are made once and used by all: of modules, classes, defaults and long-lived objects."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import Status
from fastapi_session_lint.flow.uses import UseKind
from fastapi_session_lint.model.expressions import Attribute, Await, Call, Choice, Expression, Logic, Name, dotted
from fastapi_session_lint.model.syntax import Assigned, Class, Function
from fastapi_session_lint.project.values import (
    ClassValue,
    FactoryValue,
    FunctionValue,
    ModuleValue,
    ObjectValue,
    Scope,
    SessionClass,
)
from fastapi_session_lint.vocabulary import Action

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


_BASES = 8
_BLOCKS = frozenset({"with", "async with"})
# What several requests use at once: a block that binds its session to it does not keep it for one of them.
_SHARED = frozenset({"class", "module"})


class Kept(NamedTuple):
    """A session made at `call` and kept under `name` by an object; `owner` says which kind of object."""

    name: str
    attribute: str
    call: Call
    place: int
    scope: Scope
    owner: str


class Shared:
    """The questions about shared sessions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lasting_memo: dict[int, frozenset[str]] = {}

    def made(self, value: Expression | None, scope: Scope) -> Call | None:
        """The call by which a value is, or may be, a session made right there."""
        match value:
            case Call():
                return value if self._makes(value, scope) else None
            case Await(inner, _):
                return self.made(inner, scope)
            case Choice(_, left, right) | Logic(_, left, right):
                return self.made(left, scope) or self.made(right, scope)
        return None

    def _makes(self, call: Call, scope: Scope) -> bool:
        function = self._context.value(call.function, scope)
        if isinstance(function, FactoryValue | SessionClass):
            return self._context.session(call, scope) is not None and not self._context.is_borrowed(call, scope)
        return isinstance(function, FunctionValue) and self._context.fresh(function) is not None

    # --- modules, defaults, classes ---

    def module_sessions(self, scope: Scope) -> Iterator[tuple[str, Call, Scope]]:
        """The sessions that a module keeps in its names: (name, call, the scope of the call)."""
        if self._context.framework.startup.is_script(scope) or self._context.is_test(scope):
            return
        main = self._context.framework.main_calls(scope.module)
        seen: set[int] = set()
        for name, definitions in scope.module.bindings.items():
            for one in definitions:
                if not isinstance(one, Assigned) or one.via != "=":
                    continue
                call = self.made(one.value, scope)
                if call is None or id(call) in main | seen or self._is_closed(name, scope):
                    continue
                seen.add(id(call))
                yield name, call, scope

    def _is_closed(self, name: str, scope: Scope) -> bool:
        """A script that opens and closes its session at module level runs to its end."""
        return any(
            isinstance(call.function, Attribute)
            and call.function.name == "close"
            and dotted(call.function.value) == name
            for call in scope.module.calls
        )

    def default_sessions(self, scope: Scope) -> Iterator[tuple[str, Call]]:
        """The parameters whose default is a session."""
        assert isinstance(scope.owner, Function)
        for parameter in scope.owner.parameters:
            if parameter.default is not None:
                call = self.made(parameter.default, scope.outer or scope)
                if call is not None:
                    yield parameter.name, call

    def class_sessions(self, scope: Scope) -> Iterator[tuple[str, Call]]:
        """The class attributes that are sessions."""
        assert isinstance(scope.owner, Class)
        seen: set[int] = set()
        for name, definitions in scope.owner.bindings.items():
            for one in definitions:
                call = self.made(one.value, scope) if isinstance(one, Assigned) and one.via == "=" else None
                if call is not None and id(call) not in seen:
                    seen.add(id(call))
                    yield name, call

    def name_of(self, expression: Expression, scope: Scope) -> str | None:
        """The name of a session that lives as long as the process, where an expression stands for one."""
        match expression:
            case Name(name):
                found = self._context.names.lookup(name, scope)
                if found is None or found[1].owner is not None or self._context.session(expression, scope) is None:
                    return None
                return name if self._is_shared(name, scope) else None
            case Attribute(Name(receiver), name) if scope.enclosing_class is not None:
                if self._is_receiver(receiver, scope) and name in self._lasting(scope.enclosing_class):
                    return f"{receiver}.{name}"
        return self._name_in_module(expression, scope)

    def _name_in_module(self, expression: Expression, scope: Scope) -> str | None:
        """The name of such a session that is reached by its module: `database.session`."""
        if not isinstance(expression, Attribute) or self._context.session(expression, scope) is None:
            return None
        owner = self._context.value(expression.value, scope)
        home = self._context.names.modules.get(owner.path) if isinstance(owner, ModuleValue) else None
        return dotted(expression) if home is not None and self._is_shared(expression.name, home) else None

    def _is_receiver(self, name: str, scope: Scope) -> bool:
        parameters = scope.owner.parameters if isinstance(scope.owner, Function) else ()
        return bool(parameters) and parameters[0].name == name

    def _lasting(self, scope: Scope) -> frozenset[str]:
        """The attributes of a class that are sessions of its own: made in its body, or by an object that lasts."""
        if id(scope) not in self._lasting_memo:
            names = {name for name, _ in self.class_sessions(scope)}
            names |= {one.attribute for one in self._of_class(scope) if one.owner in ("module", "class")}
            self._lasting_memo[id(scope)] = frozenset(names)
        return self._lasting_memo[id(scope)]

    def _is_shared(self, name: str, scope: Scope) -> bool:
        """Whether a module-level name, imported or not, is one that its module made a session for."""
        found = self._context.names.resolve(name, scope)
        if found is None:
            return False
        definitions, home = found
        return any(
            isinstance(one, Assigned) and one.via == "=" and self.made(one.value, home) is not None
            for one in definitions
        )

    # --- objects ---

    def kept_sessions(self) -> Iterator[Kept]:
        """The sessions that objects keep and never close."""
        for scope in self._context.classes():
            yield from self._of_class(scope)
        for scope in self._context.scopes():
            yield from self._on_state(scope)

    def _of_class(self, scope: Scope) -> Iterator[Kept]:
        definition = scope.owner
        assert isinstance(definition, Class)
        for name, assignments in definition.attributes.items():
            for method, assigned in assignments:
                for function in definition.bindings.get(method, ()):
                    if not isinstance(function, Function):
                        continue
                    inner = self._context.names.scope_of(function)
                    call = self.made(assigned.value, inner)
                    if call is not None and not self._is_released(ClassValue(scope), name, inner, call):
                        owner = "class" if self._is_of_class(function, inner) else self._lifetime(scope)
                        if assigned.via in _BLOCKS and owner not in _SHARED:
                            continue
                        yield Kept(_own(function, name), name, call, assigned.place, inner, owner)

    def _is_of_class(self, function: Function, scope: Scope) -> bool:
        """Whether a method's receiver is the class, which keeps what it is given for all objects."""
        return "classmethod" in self._context.roles.decorators(function, scope)

    @functools.cached_property
    def module_objects(self) -> frozenset[int]:
        """The classes of which a module keeps an instance while it is imported, by the identity of their scopes."""
        found: set[int] = set()
        for scope in self._context.names.modules.values():
            main = self._context.framework.main_calls(scope.module)
            for call in scope.module.calls:
                value = self._context.value(call, scope) if id(call) not in main else None
                if isinstance(value, ObjectValue):
                    found |= {id(one.scope) for one in self._lineage(value.of)}
        return frozenset(found)

    def _lineage(self, owner: ClassValue, depth: int = 0) -> Iterator[ClassValue]:
        """A class and its bases in the project."""
        yield owner
        for base in self._context.roles.bases(owner) if depth < _BASES else ():
            yield from self._lineage(base, depth + 1)

    def _is_released(self, owner: ClassValue, attribute: str, scope: Scope, call: Call) -> bool:
        """Whether the method that makes a session sees to its close, or any method of the class closes it."""
        made = next((one for one in self._context.creations(scope) if one.call is call), None)
        if made is not None and _lets_go(self._context.life(made)):
            return True
        return any(self._closes(method, attribute) for method in self._methods(owner))

    def _methods(self, owner: ClassValue) -> Iterator[Function]:
        """The methods of a class and of its bases."""
        for one in self._lineage(owner):
            for definitions in one.definition.bindings.values():
                yield from (method for method in definitions if isinstance(method, Function) and method.parameters)

    def _closes(self, method: Function, attribute: str) -> bool:
        names = frozenset({f"{method.parameters[0].name}.{attribute}"})
        life = self._context.life_of_names(self._context.names.scope_of(method), names)
        return _lets_go(life) or (life.is_closed_somewhere and not _closes_by_the_way(life))

    def _lifetime(self, scope: Scope) -> str:
        if self._context.framework.is_dependency(scope):
            return "dependency"
        return "module" if id(scope) in self.module_objects else "object"

    def _on_state(self, scope: Scope) -> Iterator[Kept]:
        stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
        for store in stores:
            match store.target:
                case Attribute(Attribute(owner, "state"), _):
                    call = self.made(store.value, scope)
                    text = dotted(store.target)
                    if call is not None and text is not None and not self._is_request(owner, scope):
                        yield Kept(text, store.target.name, call, store.place, scope, "state")

    def _is_request(self, owner: Expression, scope: Scope) -> bool:
        """A request's state ends with the request."""
        value = self._context.value(owner, scope)
        name = getattr(value, "name", "")
        return name in vocabulary.REQUESTS or (dotted(owner) or "").endswith(("request", "websocket"))


def _own(method: Function, attribute: str) -> str:
    """An attribute as a method names it."""
    return f"{method.parameters[0].name}.{attribute}" if method.parameters else attribute


def _lets_go(life: Life) -> bool:
    """Whether the session is closed, or its close is registered with something that will call it."""
    return any(
        (moment.use.kind is UseKind.ACT and moment.use.action is Action.CLOSE)
        or (moment.use.kind is UseKind.KEEP and moment.use.name in vocabulary.CLOSER_METHODS)
        for moment in life.moments
        if moment.before.status is not Status.ABSENT
    )


def _closes_by_the_way(life: Life) -> bool:
    """Whether all that closes the session are calls that work with it first: nobody who means to end its life."""
    passes = [use.effect for use in life.uses(UseKind.PASS) if use.effect is not None and use.effect.closes]
    entered = any(point.state.entered for point in life.links)
    return bool(passes) and not entered and all(effect.io is not None for effect in passes)
