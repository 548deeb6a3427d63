"""The scopes under construction while a module is lowered: who binds which name, who reads it, who marks a place."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import libcst as cst

from fastapi_session_lint.model.expressions import Attribute, Call, Expression, Name, Yield
from fastapi_session_lint.model.syntax import Assigned, Bindings, Class, Declared, Definition, Function, Imported, Store


class Mark(NamedTuple):
    """A node whose position the model needs; marks of one kind are made in the order of the source."""

    kind: str
    node: cst.CSTNode


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

    def free_names(self) -> frozenset[str]:
        """What is read here, or in a scope within, and bound further out."""
        return frozenset(self.reads - (self.bindings.keys() - self.outer_names))

    def frozen_bindings(self) -> Bindings:
        """The bindings in their final form."""
        return {name: tuple(definitions) for name, definitions in self.bindings.items()}

    def frozen_last(self) -> Bindings:
        """What a name means in the end, for those that have been bound to something else before."""
        return {
            name: tuple(holding)
            for name, holding in self._holding.items()
            if len(holding) < len(self.bindings.get(name, ()))
        }


def _is_of(decorator: Expression, name: str) -> bool:
    """`@name.setter`, `@name.register(…)`."""
    if isinstance(decorator, Call):
        decorator = decorator.function
    return isinstance(decorator, Attribute) and isinstance(decorator.value, Name) and decorator.value.id == name
