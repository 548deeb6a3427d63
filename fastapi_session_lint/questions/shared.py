"""Sessions that are made once and used by all: of modules, classes, defaults and long-lived objects."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.syntax import (
    Assigned,
    Attribute,
    Await,
    Call,
    Choice,
    Class,
    Expression,
    Function,
    Logic,
    Name,
    dotted,
)
from fastapi_session_lint.project.values import (
    ClassValue,
    FactoryValue,
    FunctionValue,
    ObjectValue,
    Scope,
    SessionClass,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context


class Kept(NamedTuple):
    """A session made at `call` and kept under `name` by an object; `owner` says which kind of object."""

    name: str
    call: Call
    place: int
    scope: Scope
    owner: str


class Shared:
    """The questions about shared sessions."""

    def __init__(self, context: Context) -> None:
        self._context = context

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
        main = self._context.framework.main_calls(scope.module)
        for name, definitions in scope.module.bindings.items():
            for one in definitions:
                if not isinstance(one, Assigned) or one.via != "=":
                    continue
                call = self.made(one.value, scope)
                if call is not None and id(call) not in main and not self._is_closed(name, scope):
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
        for name, definitions in scope.owner.bindings.items():
            for one in definitions:
                if isinstance(one, Assigned) and one.via == "=":
                    call = self.made(one.value, scope)
                    if call is not None:
                        yield name, call

    def name_of(self, expression: Expression, scope: Scope) -> str | None:
        """The name of a session that lives as long as the process, where an expression stands for one."""
        match expression:
            case Name(name):
                found = self._context.names.lookup(name, scope)
                if found is None or found[1].owner is not None or self._context.session(expression, scope) is None:
                    return None
                return name if self._is_shared(name, scope) else None
            case Attribute(Name("cls"), name) if scope.enclosing_class is not None:
                if any(one == name for one, _ in self.class_sessions(scope.enclosing_class)):
                    return f"cls.{name}"
        return None

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
        if self._has_closer(ClassValue(scope)):
            return
        for name, assignments in definition.attributes.items():
            for method, assigned in assignments:
                for function in definition.bindings.get(method, ()):
                    if not isinstance(function, Function):
                        continue
                    inner = self._context.names.scope_of(function)
                    call = self.made(assigned.value, inner)
                    if call is not None and not self._is_reset(definition, name):
                        yield Kept(f"self.{name}", call, assigned.place, inner, self._lifetime(scope))

    @functools.cached_property
    def module_objects(self) -> frozenset[int]:
        """The classes of which a module keeps an instance, by the identity of their scopes."""
        found = set()
        for scope in self._context.names.modules.values():
            for call in scope.module.calls:
                value = self._context.value(call, scope)
                if isinstance(value, ObjectValue):
                    found.add(id(value.of.scope))
        return frozenset(found)

    def _has_closer(self, owner: ClassValue, depth: int = 0) -> bool:
        if not vocabulary.CLOSER_METHODS.isdisjoint(owner.definition.bindings):
            return True
        return depth < 8 and any(self._has_closer(base, depth + 1) for base in self._context.roles.bases(owner))

    def _is_reset(self, definition: Class, attribute: str) -> bool:
        """Whether some method closes or enters the attribute, or hands it on."""
        for definitions in definition.bindings.values():
            for one in definitions:
                if isinstance(one, Function) and one.parameters and self._lets_go(one, attribute):
                    return True
        return False

    def _lets_go(self, method: Function, attribute: str) -> bool:
        scope = self._context.names.scope_of(method)
        life = self._context.life_of_names(scope, frozenset({f"{method.parameters[0].name}.{attribute}"}))
        return life.is_closed_somewhere

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
                        yield Kept(text, call, store.place, scope, "state")

    def _is_request(self, owner: Expression, scope: Scope) -> bool:
        """A request's state ends with the request."""
        value = self._context.value(owner, scope)
        name = getattr(value, "name", "")
        return name in vocabulary.REQUESTS or (dotted(owner) or "").endswith(("request", "websocket"))


__all__ = ["Kept", "Shared"]
