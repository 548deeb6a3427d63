"""The answer to "what is the value of this expression", by following definitions, imports, annotations and calls."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Await,
    Call,
    Choice,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Lambda,
    Logic,
    Name,
    Opaque,
    Subscript,
    Walrus,
)
from fastapi_session_lint.model.syntax import (
    NO_NAMES,
    Assigned,
    Class,
    Declared,
    Definition,
    Function,
    Imported,
    Parameter,
    Skipped,
)
from fastapi_session_lint.project import items
from fastapi_session_lint.project.callers import Callers
from fastapi_session_lint.project.calls import Calls
from fastapi_session_lint.project.combining import awaited, combine, declared
from fastapi_session_lint.project.contexts import Contexts
from fastapi_session_lint.project.fallbacks import first_tried
from fastapi_session_lint.project.generics import subscript
from fastapi_session_lint.project.implementations import Implementations
from fastapi_session_lint.project.injection import Injection
from fastapi_session_lint.project.libraries import library_instance, library_value
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.members import Members
from fastapi_session_lint.project.memory import Memory
from fastapi_session_lint.project.stores import Stores
from fastapi_session_lint.project.values import (
    AnnotatedValue,
    ClassValue,
    CollectionValue,
    CoroutineValue,
    ElementsValue,
    EngineValue,
    FactoryValue,
    FunctionValue,
    GeneratorValue,
    Library,
    ManagerValue,
    ModuleValue,
    ObjectValue,
    ProviderValue,
    Scope,
    SessionClass,
    SessionValue,
    Value,
    VariableValue,
)


class Roles:
    """Values of expressions, remembered; the models never change while a project is asked."""

    def __init__(self, names: Names, factory_names: Iterable[str]) -> None:
        """`factory_names` count as session factories where their import cannot be followed."""
        self.names = names
        self.factory_names = frozenset(factory_names)
        self._memory = Memory()
        self._implementations = Implementations(names)
        self.stores = Stores(self)
        self.callers = Callers(self)
        self.injection = Injection(self)
        self.members = Members(self)
        self.calls = Calls(self)
        self.contexts = Contexts(self)
        self.parameter = self.injection.parameter
        self.marker = self.injection.marker
        self.injected = self.injection.injected
        self.dependency = self.injection.dependency
        self.member = self.members.member
        self.bases = self.members.bases
        self.called = self.calls.called
        self.call_result = self.calls.call_result
        self.returned = self.calls.returned
        self.yielded = self.calls.yielded
        self.entered = self.calls.entered

    def value(self, expression: Expression, scope: Scope) -> Value | None:
        """What an expression in a scope stands for; None where it is not known."""
        try:
            return scope.answers[expression]  # it is known nearly always
        except KeyError:
            return self._memory.answer(expression, scope, self._value)

    def _value(self, expression: Expression, scope: Scope) -> Value | None:
        match expression:
            case Name(name):
                return self.name(name, scope)
            case Attribute(value, name):
                owner = self.value(value, scope)
                return None if owner is None else self.members.attribute(owner, name, scope)
            case Call():
                return self.calls.call(expression, scope)
            case Await(value, _):
                return awaited(self.value(value, scope))
            case Choice(_, left, right):
                return combine((self.value(left, scope), self.value(right, scope)))
            case Logic("or", left, right):
                return combine((self.value(left, scope), self.value(right, scope)))
            case Walrus(_, value):
                return self.value(value, scope)
            case Subscript(value, index):
                return subscript(value, index, scope, self)
            case Collection():
                return items.display(expression, scope, self)
            case Comprehension("list" | "set" | "dict" as kind, elements, _):
                made = self.value(elements[-1], scope)
                return ElementsValue(made, kind == "dict") if made is not None else None
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

    def name(self, name: str, scope: Scope) -> Value | None:
        """What a name stands for in a scope."""
        found = self.names.lookup(name, scope)
        if found is None:
            if name in ("next", "anext", "iter", "type", "super", "print", "len", "str"):
                return Library(name)
            return self._by_star(name, scope.module.path)
        definitions, place = found
        value = self.bound(definitions, place)
        if value is None and place.owner is None:
            return self.stores.on(ModuleValue(place.module.path), name)
        if value is None and isinstance(place.owner, Function) and place.owner.is_generator:
            return self.calls.declared_yield(name, place, place.owner)
        return value

    def bound(self, definitions: tuple[Definition, ...], place: Scope) -> Value | None:
        """What the definitions of one name, held by the scope `place`, agree on."""
        if len(definitions) == 1:
            return self.defined(definitions[0], place)
        value = combine(self.defined(one, place) for one in definitions)
        if value is None and (first := first_tried(definitions, place)) is not None:
            return self.defined(first, place)
        return value

    def defined(self, definition: Definition, place: Scope) -> Value | None:
        """What one definition of a name, held by the scope `place`, stands for."""
        match definition:
            case Imported():
                return self._memory.answer(definition, place, self._imported)
            case Function():
                return FunctionValue(self.names.scope_of(definition))
            case Class():
                return self._class(definition)
            case Parameter():
                return self._memory.answer(definition, place, self.parameter)
            case Declared(annotation):
                return self.instance(annotation, place)
            case Assigned():
                return self.assigned(definition, place)
            case Skipped():
                return None
        return None

    def assigned(self, definition: Assigned, place: Scope) -> Value | None:
        """What an assignment, with or for gives to its target."""
        value = None
        if definition.annotation is not None:
            if self._is_type_alias(definition.annotation, place):
                return self.value(definition.value, place)
            value = self.instance(definition.annotation, place)
        return declared(value, lambda: self._taken(definition, place))

    def _is_type_alias(self, annotation: Expression, place: Scope) -> bool:
        kind = self.value(annotation, place)
        return isinstance(kind, Library) and kind.name in vocabulary.TYPE_ALIASES

    def _taken(self, definition: Assigned, place: Scope) -> Value | None:
        """What a target takes of the value that is assigned, entered or gone through."""
        value = self.value(definition.value, place)
        match definition.via:
            case "with" | "async with":
                value = self.entered(value)
            case "for" | "async for":
                value = value.value if isinstance(value, GeneratorValue) else items.gone_through(value)
        return value if definition.position is None else items.at(value, definition.position)

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
                value = self.bound(definitions, scope)
                if value is None and isinstance(definitions[-1], Imported):  # it may lead back here
                    value = self.bound(self.names.bindings(scope)[imported.name], scope)
                return value
        inner = self.names.imports.submodule(path, imported.name)
        if inner is not None:
            return ModuleValue(inner)
        return self._by_star(imported.name, path) or self._by_convention(imported.name)

    def _by_star(self, name: str, path: str) -> Value | None:
        """A name of a library that a module of the project has by `from … import *`."""
        if name not in vocabulary.STARRED_NAMES:
            return None
        libraries = self.names.starred_libraries(path, name)
        found = next((one for one in libraries if name in vocabulary.STARRED.get(one, ())), None)
        return library_value(f"{found}.{name}") if found is not None else None

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
        if name not in self.factory_names:
            return None
        return FactoryValue(is_async="async" in name.lower(), is_guessed=True)

    def instance(self, annotation: Expression, scope: Scope) -> Value | None:
        """An instance of the type that an annotation names."""
        if isinstance(annotation, Subscript):
            maker, made = self.value(annotation.value, scope), self.value(annotation.key, scope)
            if maker in _MAKERS and isinstance(made, SessionClass):
                return FactoryValue(made.is_async, made.flavour)
        kind = self.value(annotation, scope)
        if kind is None:
            return None
        if isinstance(kind, FactoryValue) and isinstance(annotation, Name | Attribute):
            return self.called(kind)  # a variable in place of a type: what it makes is meant
        return self.instance_of(kind)

    def instance_of(self, kind: Value | None) -> Value | None:
        """An instance of a type."""
        match kind:
            case SessionClass(is_async, flavour, of):
                return SessionValue(is_async, flavour, False, of)
            case ClassValue():
                return ObjectValue(self._implementations.of(kind))
            case AnnotatedValue(inner, marker):
                if marker is not None and (injected := self.injected(marker)):
                    return injected
                return self.instance_of(inner)
            case Library(name):
                return library_instance(name)
            case (
                GeneratorValue()
                | CoroutineValue()
                | ManagerValue()
                | ProviderValue()
                | SessionValue()
                | EngineValue()
                | FactoryValue()
                | CollectionValue()
                | ElementsValue()
                | VariableValue()
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
        if not function.decorators:
            return NO_NAMES
        outer = scope.outer or scope
        return frozenset(name for one in function.decorators if (name := self.decorator_name(one, outer)))


_MAKERS = frozenset(Library(name) for name in vocabulary.SESSION_MAKERS | vocabulary.ASYNC_SESSION_MAKERS)
