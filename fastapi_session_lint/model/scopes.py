"""The scopes under construction while a module is lowered: who binds which name, and who reads it."""

from __future__ import annotations

from collections import defaultdict

from fastapi_session_lint.model.expressions import (
    NOTHING,
    Attribute,
    Call,
    Collection,
    Expression,
    Name,
    Starred,
    Subscript,
    Yield,
)
from fastapi_session_lint.model.syntax import (
    NO_BINDINGS,
    Assigned,
    Bindings,
    Class,
    Declared,
    Definition,
    Function,
    Imported,
    Other,
    Store,
)


class ScopeBuilder:
    """The names of one module, class, function or lambda, while its text is read."""

    def __init__(self, kind: str, name: str, outer: ScopeBuilder | None) -> None:
        """`kind` is "module", "class" or "function"; `name` the qualified name."""
        self.kind = kind
        self.name = name
        self.outer = outer
        self.bindings: dict[str, list[Definition]] = defaultdict(list)
        self.depth = 0
        self._holding: dict[str, list[Definition]] = {}
        self._from_within: list[Definition] = []
        self.attributes: dict[str, list[tuple[str, Assigned]]] = defaultdict(list)
        self.reads: set[str] = set()
        self.outer_names: set[str] = set()
        self.first_parameter: str | None = None
        self.calls: list[Call] = []
        self.yields: list[Yield] = []
        self.stores: list[Store] = []
        self.lambdas: list[Function] = []

    def bind(self, name: str, definition: Definition) -> None:
        """Bind a name here, or at the module where it was declared global."""
        if name in self.outer_names:
            self.module.bindings[name].append(definition)
            self.module._from_within.append(definition)
            self.module._hold(name, definition, is_certain=False)
        else:
            self.bindings[name].append(definition)
            self._hold(name, definition, self.depth <= 1 and self._replaces(definition))

    def bind_target(
        self, target: Expression, value: Expression, annotation: Expression | None, via: str, place: int
    ) -> None:
        """Record what an assignment, a with or a for binds."""
        match target:
            case Name(name):
                self.bind(name, Assigned(value, annotation, via, None, place))
            case Attribute() | Subscript():
                if via == "=":
                    self.stores.append(Store(target, value, place))
                if isinstance(target, Attribute) and isinstance(target.value, Name):
                    assigned = Assigned(value, annotation, via, None, place)
                    self._bind_attribute(target.value.id, target.name, assigned)
            case Collection(_, items):
                self._bind_items(items, value, via, place)
            case Starred(Name(name)):
                self.bind(name, Other())

    def _bind_items(self, items: tuple[Expression, ...], value: Expression, via: str, place: int) -> None:
        pairwise = via == "=" and isinstance(value, Collection) and len(value.items) == len(items)
        stars = [index for index, item in enumerate(items) if isinstance(item, Starred)]
        for index, item in enumerate(items):
            position = index - len(items) if stars and index > stars[0] else index
            if pairwise and isinstance(value, Collection):
                self.bind_target(item, value.items[index], None, via, place)
            elif isinstance(item, Name):
                self.bind(item.id, Assigned(value, None, via, position, place))
            else:
                self.bind_target(item, NOTHING, None, via, place)

    def _bind_attribute(self, owner: str, name: str, assigned: Assigned) -> None:
        """`self.x = …` in a method is an attribute of its class; so is `cls.x = …`."""
        outer = self.outer
        if self.kind == "function" and outer and outer.kind == "class" and owner == self.first_parameter:
            outer.attributes[name].append((self.name.rpartition(".")[2], assigned))

    def _hold(self, name: str, definition: Definition, is_certain: bool) -> None:
        """Note what a name means from here on: what always runs takes the place of all before it in this very block.

        A property's setter belongs to its getter, and what another scope declares global may run at any time.
        """
        if isinstance(definition, Function) and any(_is_of(one, name) for one in definition.decorators):
            return
        before = self._holding.get(name, [])
        if before and is_certain:
            before = [one for one in before if one in self._from_within or isinstance(one, Declared)]
        self._holding[name] = [*before, definition]

    def _replaces(self, definition: Definition) -> bool:
        """Whether a binding takes the place of an earlier one.

        The flow follows what a function assigns to its own names, from one assignment to the next.
        """
        if isinstance(definition, Assigned):
            return self.kind != "function" and definition.via == "="
        return isinstance(definition, Function | Class | Imported)

    @property
    def module(self) -> ScopeBuilder:
        """The module's scope."""
        scope = self
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def free_names(self) -> tuple[str, ...]:
        """What is read here, or in a scope within, and bound further out."""
        return tuple(sorted(self.reads - (self.bindings.keys() - self.outer_names)))

    def frozen_bindings(self) -> Bindings:
        """The bindings in their final form."""
        return {name: tuple(definitions) for name, definitions in self.bindings.items()} or NO_BINDINGS

    def frozen_last(self) -> Bindings:
        """What a name means in the end, for those that have been bound to something else before."""
        last = {
            name: tuple(holding)
            for name, holding in self._holding.items()
            if len(holding) < len(self.bindings.get(name, ()))
        }
        return last or NO_BINDINGS


def _is_of(decorator: Expression, name: str) -> bool:
    """`@name.setter`, `@name.register(…)`."""
    if isinstance(decorator, Call):
        decorator = decorator.function
    return isinstance(decorator, Attribute) and isinstance(decorator.value, Name) and decorator.value.id == name
