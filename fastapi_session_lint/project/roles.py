"""The answer to "what is the value of this expression", by following definitions, imports, annotations and calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.syntax import (
    Assigned,
    Attribute,
    Await,
    Call,
    Choice,
    Class,
    Collection,
    Constant,
    Declared,
    Definition,
    Expression,
    Function,
    Imported,
    Lambda,
    Logic,
    Name,
    Opaque,
    Parameter,
    Return,
    Skipped,
    Subscript,
    Walrus,
)
from fastapi_session_lint.model.walk import statements
from fastapi_session_lint.project.libraries import call_library, library_value
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.values import (
    AnnotatedValue,
    ClassValue,
    ConnectionValue,
    CoroutineValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    Library,
    LibraryObject,
    ManagerValue,
    MarkerValue,
    ModuleValue,
    ObjectValue,
    ProviderValue,
    Scope,
    SessionClass,
    SessionValue,
    TransactionValue,
    Value,
)

_DEPTH = 60
"""How deep one question may lead to others before the answer is "not known"."""


class Roles:
    """Values of expressions, remembered; the models never change while a project is asked."""

    def __init__(self, names: Names, factory_names: Iterable[str]) -> None:
        """`factory_names` count as session factories where their import cannot be followed."""
        self.names = names
        self.factory_names = frozenset(factory_names)
        self._memo: dict[tuple[int, int], Value | None] = {}
        self._keep: list[Expression] = []
        self._depth = 0
        self._state: dict[str, list[tuple[Expression, Scope]]] | None = None

    # --- expressions ---

    def value(self, expression: Expression, scope: Scope) -> Value | None:
        """What an expression in a scope stands for; None where it is not known."""
        key = (id(expression), id(scope))
        if key in self._memo:
            return self._memo[key]
        if self._depth > _DEPTH:
            return None
        self._memo[key] = None
        self._keep.append(expression)
        self._depth += 1
        try:
            found = self._value(expression, scope)
        finally:
            self._depth -= 1
        self._memo[key] = found
        return found

    def _value(self, expression: Expression, scope: Scope) -> Value | None:
        match expression:
            case Name(name):
                return self.name(name, scope)
            case Attribute(value, name):
                return self._attribute(self.value(value, scope), name, scope)
            case Call():
                return self._call(expression, scope)
            case Await(value, _):
                return awaited(self.value(value, scope))
            case Choice(_, left, right):
                return combine((self.value(left, scope), self.value(right, scope)))
            case Logic("or", left, right):
                return combine((self.value(left, scope), self.value(right, scope)))
            case Walrus(_, value):
                return self.value(value, scope)
            case Subscript(value, index):
                return self._subscript(value, index, scope)
            case Lambda(function):
                return FunctionValue(self.names.scope_of(function))
            case Opaque(parts) if parts:
                return combine(self.value(part, scope) for part in parts)
            case Constant("text", str(text), _):
                return self._forward_reference(text, scope)
        return None

    def _forward_reference(self, text: str, scope: Scope) -> Value | None:
        """A quoted annotation; in any other place a text that is a dotted name of a class says as little as before."""
        names = text.split(".")
        if not all(name.isidentifier() for name in names):
            return None
        expression: Expression = Name(names[0])
        for name in names[1:]:
            expression = Attribute(expression, name)
        found = self.value(expression, scope)
        return found if isinstance(found, SessionClass | ClassValue | AnnotatedValue | Library) else None

    # --- names ---

    def name(self, name: str, scope: Scope) -> Value | None:
        """What a name stands for in a scope."""
        found = self.names.lookup(name, scope)
        if found is None:
            return Library(name) if name in ("next", "anext", "type", "super", "print", "len", "str") else None
        definitions, place = found
        return self._bound(definitions, place)

    def _bound(self, definitions: tuple[Definition, ...], place: Scope) -> Value | None:
        return combine(self.defined(one, place) for one in definitions)

    def defined(self, definition: Definition, place: Scope) -> Value | None:
        """What one definition of a name, held by the scope `place`, stands for."""
        match definition:
            case Imported():
                return self._imported(definition, place)
            case Function():
                return FunctionValue(self.names.scope_of(definition))
            case Class():
                return self._class(definition)
            case Parameter():
                return self.parameter(definition, place)
            case Declared(annotation):
                return self.instance(annotation, place)
            case Assigned():
                return self.assigned(definition, place)
            case Skipped():
                return None
        return None

    def assigned(self, definition: Assigned, place: Scope) -> Value | None:
        """What an assignment, with or for gives to its target."""
        if definition.annotation is not None and (annotated := self.instance(definition.annotation, place)):
            return annotated
        value = self.value(definition.value, place)
        if definition.position is not None:
            return None
        match definition.via:
            case "with" | "async with":
                return self.entered(value)
            case "for" | "async for":
                return value.value if isinstance(value, GeneratorValue) else None
        return value

    def _imported(self, imported: Imported, place: Scope) -> Value | None:
        path = self.names.imports.resolve(place.module.path, imported.module, imported.level)
        if path is None:
            return self._unresolved(imported)
        if imported.name is None:
            return ModuleValue(path)
        found = self.names.member(path, imported.name)
        if found is not None:
            definitions, scope = found
            if scope is not place or imported not in definitions:
                return self._bound(definitions, scope)
        inner = self.names.imports.submodule(path, imported.name)
        if inner is not None:
            return ModuleValue(inner)
        return self._by_convention(imported.name) if path not in self.names.modules else None

    def _unresolved(self, imported: Imported) -> Value | None:
        """An import from outside the project, or one that cannot be followed."""
        name = imported.module if imported.name is None else f"{imported.module}.{imported.name}"
        top = imported.module.partition(".")[0]
        if imported.name and (imported.level or top not in vocabulary.EXTERNAL_TOPS):
            by_convention = self._by_convention(imported.name)
            if by_convention is not None:
                return by_convention
        return None if imported.level else library_value(name)

    def _by_convention(self, name: str) -> Value | None:
        """A name that is a session factory by strong convention, where its definition is out of sight."""
        return FactoryValue(is_async="async" in name.lower()) if name in self.factory_names else None

    # --- definitions ---

    def parameter(self, parameter: Parameter, place: Scope) -> Value | None:
        """What a parameter receives: what FastAPI injects, else what its annotation says."""
        if parameter.kind in ("*", "**"):
            return None
        marker = self.marker(parameter, place)
        if marker is not None and (injected := self.injected(marker, parameter, place)):
            return injected
        outer = place.outer or place
        if parameter.annotation is not None:
            return self.instance(parameter.annotation, outer)
        if isinstance(place.owner, Function) and place.owner.parameters[:1] == (parameter,) and place.enclosing_class:
            return self._receiver(place.owner, place.enclosing_class)
        if parameter.default is not None and marker is None:
            return self.value(parameter.default, outer)
        return None

    def _receiver(self, function: Function, owner: Scope) -> Value | None:
        kinds = {self.decorator_name(one, owner) for one in function.decorators}
        if kinds & {"staticmethod"}:
            return None
        if kinds & {"classmethod"} or function.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            return ClassValue(owner)
        return ObjectValue(ClassValue(owner))

    def marker(self, parameter: Parameter, place: Scope) -> MarkerValue | None:
        """The `Depends(…)` of a parameter, by its default or in its annotation."""
        outer = place.outer or place
        if parameter.default is not None:
            default = self.value(parameter.default, outer)
            if isinstance(default, MarkerValue):
                return default
        if parameter.annotation is not None:
            annotation = self.value(parameter.annotation, outer)
            if isinstance(annotation, AnnotatedValue):
                return annotation.marker
        return None

    def injected(
        self, marker: MarkerValue, parameter: Parameter | None = None, place: Scope | None = None
    ) -> Value | None:
        """What FastAPI gives for a dependency; a bare `Depends()` takes the parameter's annotation."""
        target = self.dependency(marker, parameter, place)
        match target:
            case FunctionValue():
                return self._given(self.call_result(target))
            case ClassValue() | SessionClass() | FactoryValue() | ProviderValue():
                return self._given(self.called(target))
            case ObjectValue():
                return self._given(self.called(target))
        return None

    def dependency(
        self, marker: MarkerValue, parameter: Parameter | None = None, place: Scope | None = None
    ) -> Value | None:
        """The callable that a marker names."""
        if marker.target is not None:
            return self.value(marker.target, marker.scope)
        if parameter is not None and parameter.annotation is not None and place is not None:
            kind = self.value(parameter.annotation, place.outer or place)
            return kind.kind if isinstance(kind, AnnotatedValue) else kind
        return None

    def _given(self, value: Value | None) -> Value | None:
        """What a dependency's result becomes when FastAPI has awaited or advanced it."""
        if isinstance(value, GeneratorValue | CoroutineValue):
            return value.value
        return value

    def instance(self, annotation: Expression, scope: Scope) -> Value | None:
        """An instance of the type that an annotation names."""
        return self.instance_of(self.value(annotation, scope))

    def instance_of(self, kind: Value | None) -> Value | None:
        """An instance of a type."""
        match kind:
            case SessionClass(is_async, flavour, of):
                return SessionValue(is_async, flavour, False, of)
            case ClassValue():
                return self._made(kind)
            case AnnotatedValue(inner, marker):
                if marker is not None and (injected := self.injected(marker)):
                    return injected
                return self.instance_of(inner)
            case Library(name):
                return _library_instance(name)
            case (
                GeneratorValue()
                | CoroutineValue()
                | ManagerValue()
                | ProviderValue()
                | SessionValue()
                | EngineValue()
                | FactoryValue()
            ):
                return kind
        return None

    def _class(self, definition: Class) -> Value | None:
        """A class of the project; one that is derived from a session class is a session class."""
        scope = self.names.scope_of(definition)
        for base in definition.bases:
            value = self.value(base, scope.outer or scope)
            if isinstance(value, SessionClass):
                return SessionClass(value.is_async, value.flavour, scope)
        return ClassValue(scope)

    def decorator_name(self, decorator: Expression, scope: Scope) -> str | None:
        """The full name of a decorator, called or not: a library's dotted name, else the bare name."""
        if isinstance(decorator, Call):
            decorator = decorator.function
        value = self.value(decorator, scope)
        if isinstance(value, Library):
            return value.name
        if isinstance(decorator, Name) and value is None:
            return decorator.id
        return None

    def decorators(self, function: Function, scope: Scope) -> frozenset[str]:
        """The full names of a function's decorators, as far as they are known; `scope` is the function's own."""
        outer = scope.outer or scope
        return frozenset(name for one in function.decorators if (name := self.decorator_name(one, outer)))

    # --- attributes ---

    def _inherited(self, scope: Scope, name: str) -> Value | None:
        """`super().name` in a method."""
        place: Scope | None = scope
        while place is not None and place.enclosing_class is None:
            place = place.outer
        if place is None or place.enclosing_class is None:
            return None
        here = ClassValue(place.enclosing_class)
        return combine(self.member(base, name, ObjectValue(here)) for base in self.bases(here))

    def _attribute(self, owner: Value | None, name: str, scope: Scope) -> Value | None:
        match owner:
            case ModuleValue(path):
                return self._module_member(path, name)
            case Library(prefix):
                return library_value(f"{prefix}.{name}")
            case LibraryObject("super"):
                return self._inherited(scope, name)
            case LibraryObject(kind):
                return self._library_attribute(kind, name)
            case ObjectValue(of):
                return self.member(of, name, owner)
            case ClassValue():
                return self.member(owner, name, None)
            case SessionValue(True, flavour, _) if name == "sync_session":
                return SessionValue(False, flavour)
            case EngineValue(True) if name == "sync_engine":
                return EngineValue(False)
            case SessionClass() if name in ("__init__", "__new__"):
                return owner
        return None

    def _module_member(self, path: str, name: str) -> Value | None:
        found = self.names.member(path, name)
        if found is not None:
            return self._bound(*found)
        inner = self.names.imports.submodule(path, name)
        return ModuleValue(inner) if inner else None

    def _library_attribute(self, kind: str, name: str) -> Value | None:
        if name in ("state", "app"):
            return LibraryObject("state") if name == "state" else LibraryObject("fastapi.FastAPI")
        if kind == "state":
            return combine(self.value(value, scope) for value, scope in self.stored_on_state(name))
        return LibraryObject(f"{kind}.{name}")

    def stored_on_state(self, name: str) -> list[tuple[Expression, Scope]]:
        """What is assigned to `….state.NAME` anywhere in the project."""
        if self._state is None:
            self._state = {}
            for scope in self.names.all_scopes():
                stores = scope.owner.stores if isinstance(scope.owner, Function) else scope.module.stores
                for store in stores:
                    match store.target:
                        case Attribute(Attribute(_, "state"), attribute):
                            self._state.setdefault(attribute, []).append((store.value, scope))
        return self._state.get(name, [])

    def member(self, owner: ClassValue, name: str, receiver: Value | None, depth: int = 0) -> Value | None:
        """An attribute of a class of the project or its instance: method, class attribute, or assigned in a method."""
        scope = owner.scope
        definition = owner.definition
        found: list[Value | None] = []
        for one in definition.bindings.get(name, ()):
            found.append(self._method_or_attribute(one, scope, receiver, owner))
        for method, assigned in definition.attributes.get(name, ()):
            for function in definition.bindings.get(method, ()):
                if isinstance(function, Function):
                    found.append(self.assigned(assigned, self.names.scope_of(function)))
        known = combine(found)
        if known is not None or found or depth > 8:
            return known
        for base in self.bases(owner):
            if (inherited := self.member(base, name, receiver, depth + 1)) is not None:
                return inherited
        return None

    def _method_or_attribute(
        self, one: Definition, scope: Scope, receiver: Value | None, owner: ClassValue
    ) -> Value | None:
        if not isinstance(one, Function):
            return self.defined(one, scope)
        kinds = self.decorators(one, self.names.scope_of(one))
        if kinds & vocabulary.PROPERTY_DECORATORS:
            return self._given(self.call_result(FunctionValue(self.names.scope_of(one), receiver)))
        if "staticmethod" in kinds:
            return FunctionValue(self.names.scope_of(one))
        bound = owner if "classmethod" in kinds else receiver
        return FunctionValue(self.names.scope_of(one), bound)

    def bases(self, owner: ClassValue) -> Iterator[ClassValue]:
        """The bases of a class that are classes of the project."""
        outer = owner.scope.outer or owner.scope
        for base in owner.definition.bases:
            value = self.value(base.value if isinstance(base, Subscript) else base, outer)
            if isinstance(value, ClassValue) and value.scope is not owner.scope:
                yield value

    # --- subscripts and calls ---

    def _subscript(self, value: Expression, index: Expression, scope: Scope) -> Value | None:
        kind = self.value(value, scope)
        items = index.items if isinstance(index, Collection) else (index,)
        match kind:
            case Library(name) if name in vocabulary.ANNOTATED:
                markers = [self.value(item, scope) for item in items[1:]]
                marker = next((one for one in markers if isinstance(one, MarkerValue)), None)
                inner = self.value(items[0], scope)
                if isinstance(inner, AnnotatedValue):
                    return AnnotatedValue(inner.kind, marker or inner.marker)
                return AnnotatedValue(inner, marker)
            case Library(name) if name in vocabulary.TRANSPARENT_GENERICS:
                return combine(self.value(item, scope) for item in items)
            case Library(name) if name in vocabulary.GENERATOR_TYPES:
                return GeneratorValue(self.instance(items[0], scope), "Async" in name)
            case Library(name) if name in vocabulary.COROUTINE_TYPES:
                return CoroutineValue(self.instance(items[-1], scope))
            case Library(name) if name in vocabulary.MANAGER_TYPES:
                return ManagerValue(self.instance(items[0], scope))
            case Library(name) if name in vocabulary.CALLABLE_TYPES:
                return ProviderValue(self.instance(items[-1], scope))
            case Library(name) if name in vocabulary.TYPE_TYPES:
                return self.value(items[0], scope)
            case Library(name) if name in vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS:
                return kind
            case Library(name) if name in vocabulary.SCOPED_MAKERS | vocabulary.ASYNC_SCOPED_MAKERS:
                return kind
            case ClassValue():
                return kind
        return None

    def _call(self, call: Call, scope: Scope) -> Value | None:
        function = self.value(call.function, scope)
        if isinstance(function, Library):
            return call_library(function.name, call, scope, self)
        if isinstance(call.function, Attribute):
            owner = self.value(call.function.value, scope)
            method = self._method_call(owner, call.function.name)
            if method is not None:
                return method
        if function is None and isinstance(call.function, Name):
            return None
        return self.called(function)

    def _method_call(self, owner: Value | None, name: str) -> Value | None:
        match owner:
            case SessionValue() | FactoryValue(_, _, True) if name in ("begin", "begin_nested"):
                return TransactionValue(name == "begin_nested")
            case FactoryValue(is_async, flavour) if name == "begin":
                return ManagerValue(SessionValue(is_async, flavour))
            case FactoryValue(is_async, flavour, True):
                return SessionValue(is_async, flavour, True) if name == "registry" else None
            case EngineValue() if name in ("begin", "connect"):
                return ManagerValue(ConnectionValue())
            case EngineValue() if name == "execution_options":
                return owner
            case SessionValue() if name in ("connection", "get_bind"):
                return ConnectionValue()
            case GeneratorValue(value) if name == "__next__":
                return value
            case GeneratorValue(value) if name in ("__anext__", "asend"):
                return CoroutineValue(value)
            case ManagerValue() | ObjectValue() if name in vocabulary.ENTER_METHODS:
                inner = self.entered(owner)
                return CoroutineValue(inner) if name == "__aenter__" else inner
            case LibraryObject(kind) if kind in vocabulary.EXIT_STACKS:
                return None
        return None

    def called(self, function: Value | None) -> Value | None:
        """What a call of a value gives."""
        match function:
            case SessionClass(is_async, flavour, of):
                return SessionValue(is_async, flavour, False, of)
            case FactoryValue(is_async, flavour, is_scoped):
                return SessionValue(is_async, flavour, is_scoped)
            case ProviderValue(value):
                return value
            case ClassValue():
                return self._made(function)
            case ObjectValue(of):
                return self.called(self.member(of, "__call__", function))
            case FunctionValue():
                return self.call_result(function)
        return None

    def _made(self, owner: ClassValue) -> Value | None:
        return ObjectValue(owner)

    def call_result(self, called: FunctionValue) -> Value | None:
        """What a call of a function of the project gives: a value, generator, coroutine or context manager."""
        function = called.function
        kinds = self.decorators(function, called.scope)
        if kinds & vocabulary.MANAGER_DECORATORS:
            return ManagerValue(self.yielded(called), called)
        if function.is_generator:
            return GeneratorValue(self.yielded(called), function.is_async, called)
        value = self.returned(called)
        return CoroutineValue(value) if function.is_async else value

    def returned(self, called: FunctionValue) -> Value | None:
        """What a function's returns give, else what its annotation says."""
        function, scope = called.function, called.scope
        values = []
        for statement in statements(function.body):
            if isinstance(statement, Return) and statement.value is not None:
                values.append(self.value(statement.value, scope))
        found = combine(values)
        if found is not None:
            return found
        return self.instance(function.returns, scope.outer or scope) if function.returns is not None else None

    def yielded(self, called: FunctionValue) -> Value | None:
        """What a generator function yields, by its yields, else by its annotation."""
        function, scope = called.function, called.scope
        found: list[Value | None] = []
        for expression in function.yields:
            if expression.value is not None:
                value = self.value(expression.value, scope)
                if expression.is_from:
                    value = value.value if isinstance(value, GeneratorValue) else None
                found.append(value)
        known = combine(found)
        if known is None and function.returns is not None:
            declared = self.instance(function.returns, scope.outer or scope)
            return declared.value if isinstance(declared, GeneratorValue | ManagerValue) else declared
        return known

    def entered(self, manager: Value | None) -> Value | None:
        """What `with manager as x` binds."""
        match manager:
            case ManagerValue(value):
                return value
            case SessionValue():
                return manager
            case ObjectValue(of):
                for method in ("__aenter__", "__enter__"):
                    function = self.member(of, method, manager)
                    if isinstance(function, FunctionValue):
                        return self._given(self.call_result(function))
        return None


def awaited(value: Value | None) -> Value | None:
    """What `await value` gives."""
    if isinstance(value, CoroutineValue):
        return value.value
    return value if isinstance(value, SessionValue | ManagerValue) else None


def combine(values: Iterable[Value | None]) -> Value | None:
    """The one value that all known ones agree on; None when none is known or two differ."""
    found: Value | None = None
    for value in values:
        if value is None or value == found:
            continue
        if found is not None:
            return None
        found = value
    return found


def _library_instance(name: str) -> Value | None:
    if name in vocabulary.ENGINE_CLASSES or name in vocabulary.ASYNC_ENGINE_CLASSES:
        return EngineValue(name in vocabulary.ASYNC_ENGINE_CLASSES)
    if name in vocabulary.CONNECTION_CLASSES:
        return ConnectionValue()
    if name in vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS:
        return FactoryValue(name in vocabulary.ASYNC_SESSION_MAKERS)
    if name in vocabulary.SCOPED_MAKERS | vocabulary.ASYNC_SCOPED_MAKERS:
        return FactoryValue(name in vocabulary.ASYNC_SCOPED_MAKERS, is_scoped=True)
    return LibraryObject(name)


__all__ = ["Callable", "Roles", "awaited", "combine"]
