"""The scopes under construction while a module is lowered: who binds which name, who reads it, who marks a place."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import libcst as cst

from fastapi_session_lint.model.expressions import Call, Yield
from fastapi_session_lint.model.syntax import Assigned, Bindings, Definition, Function, Store


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
        else:
            self.bindings[name].append(definition)

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
