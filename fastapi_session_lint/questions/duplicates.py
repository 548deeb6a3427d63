"""Engines that an app loads together and that connect to one database, each with a pool of its own."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import (
    Attribute,
    Call,
    Choice,
    Constant,
    Expression,
    Name,
    Subscript,
    Template,
)
from fastapi_session_lint.model.syntax import Assigned, If, Match, Try
from fastapi_session_lint.model.walk import expressions_of, subexpressions, way_to
from fastapi_session_lint.project.framework import calls_of
from fastapi_session_lint.project.libraries import argument, has_stars
from fastapi_session_lint.project.values import (
    ClassValue,
    EngineValue,
    Library,
    LibraryObject,
    ModuleValue,
    ObjectValue,
    Scope,
)

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context

_DEPTH = 8
_MEMORY = (":memory:", "mode=memory")

Key: TypeAlias = tuple[object, ...]
"""What an expression is made of, down to literals, settings and calls of libraries: equal for equal expressions."""


class Duplicate(NamedTuple):
    """A second engine for one database, and the first."""

    call: Call
    scope: Scope
    first: Call
    first_scope: Scope


class Duplicates:
    """The question about engines that are there twice."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def engines(self, scope: Scope) -> Iterator[Duplicate]:
        """The engines of a module for a database that it, or another module of the same app, has an engine for."""
        for key, call in self._made(scope):
            for other, first in self._by_key[key]:
                if first is call:
                    break
                if other is scope and _is_either(scope, first, call):
                    continue
                if other is scope or self._are_loaded_together(other, scope):
                    yield Duplicate(call, scope, first, other)
                    break

    @functools.cached_property
    def _by_key(self) -> dict[Key, list[tuple[Scope, Call]]]:
        found: dict[Key, list[tuple[Scope, Call]]] = {}
        for scope in self._context.names.modules.values():
            for key, call in self._made(scope):
                found.setdefault(key, []).append((scope, call))
        return found

    def _made(self, scope: Scope) -> Iterator[tuple[Key, Call]]:
        """The engines of a module itself that differ in nothing but where they stand."""
        if self._context.is_test(scope):
            return
        in_script = self._context.framework.main_calls(scope.module)
        for call in scope.module.calls:
            value = self._context.value(call, scope)
            if not isinstance(value, EngineValue) or value.call is not call or id(call) in in_script:
                continue
            if has_stars(call) or any(argument(call, one) is not None for one in vocabulary.ENGINE_CHARACTER):
                continue
            url = argument(call, "url", 0)
            key = self._key(url, scope) if url is not None else None
            if key is not None and not _is_memory(key):
                yield (value.is_async, key), call

    # --- one app ---

    def _are_loaded_together(self, one: Scope, other: Scope) -> bool:
        paths = {one.module.path, other.module.path}
        return any(paths <= loaded for loaded in self._loaded)

    @functools.cached_property
    def _loaded(self) -> tuple[frozenset[str], ...]:
        """The modules that each module with an app imports, at whatever remove."""
        names = self._context.names
        found = []
        for path, scope in names.modules.items():
            if self._context.is_test(scope) or not self._makes_app(scope):
                continue
            reached, stack = set[str](), [path]
            while stack:
                here = stack.pop()
                if here not in reached and here in names.modules:
                    reached.add(here)
                    stack += names.imported_paths(names.modules[here])
            found.append(frozenset(reached))
        return tuple(found)

    def _makes_app(self, scope: Scope) -> bool:
        values = (self._context.value(call, scope) for call in calls_of(scope))
        return any(isinstance(one, LibraryObject) and one.name in vocabulary.APPLICATIONS for one in values)

    # --- one database ---

    def _key(self, expression: Expression, scope: Scope, depth: int = 0) -> Key | None:
        """What an expression is made of; None where it cannot be followed."""
        if depth > _DEPTH:
            return None
        match expression:
            case Constant(kind, value, _):
                return (kind, value)
            case Name(name):
                return self._named(name, scope, depth)
            case Attribute(owner, name):
                return self._attribute(owner, name, scope, depth)
            case Subscript(value, key):
                return self._all("item", (value, key), scope, depth)
            case Template(parts, _):
                return self._all("template", parts, scope, depth)
            case Call(function, arguments, _):
                named = tuple(one.name for one in arguments)
                parts = (function, *(one.value for one in arguments))
                found = self._all("call", parts, scope, depth)
                return None if found is None or has_stars(expression) else (*found, named)
        return None

    def _all(self, kind: str, parts: tuple[Expression, ...], scope: Scope, depth: int) -> Key | None:
        keys = [self._key(one, scope, depth + 1) for one in parts]
        return None if None in keys else (kind, *keys)

    def _named(self, name: str, scope: Scope, depth: int) -> Key | None:
        found = self._context.names.resolve(name, scope)
        if found is not None:
            definitions, home = found
            if len(definitions) == 1 and isinstance(definitions[0], Assigned) and definitions[0].via == "=":
                one = definitions[0]
                return self._key(one.value, home, depth + 1) or ("assigned", id(one))
            return ("defined", *(id(one) for one in definitions))
        value = self._context.value(Name(name), scope)
        return ("library", value.name) if isinstance(value, Library) else None

    def _attribute(self, owner: Expression, name: str, scope: Scope, depth: int) -> Key | None:
        match self._context.value(owner, scope):
            case ObjectValue(ClassValue(of)) | ClassValue(of):
                return ("attribute", id(of), name)
            case Library(prefix):
                return ("library", f"{prefix}.{name}")
            case ModuleValue(path):
                found = self._context.names.member(path, name)
                return ("defined", *(id(one) for one in found[0])) if found is not None else None
        inner = self._key(owner, scope, depth + 1)
        return ("attribute", inner, name) if inner is not None else None


def _is_either(scope: Scope, one: Call, other: Call) -> bool:
    """Whether a module makes only one of two: they stand in two branches of one statement or expression."""
    for (statement, within), (same, beside) in zip(way_to(scope.body, one), way_to(scope.body, other), strict=False):
        if statement is not same:
            return False
        if within is not beside:
            return isinstance(statement, If | Match | Try)
        if within is None:
            parts = (part for whole in expressions_of(statement) for part in subexpressions(whole))
            return any(
                isinstance(part, Choice) and _has(part.body, one) != _has(part.body, other)
                for part in parts
                if _has(part, one) and _has(part, other)
            )
    return False


def _has(whole: Expression, part: Expression) -> bool:
    return any(one is part for one in subexpressions(whole))


def _is_memory(key: Key) -> bool:
    """Whether a literal names an in-memory database: each engine has its own, and is meant to."""
    if key[0] != "text" or not isinstance(key[1], str):
        return False
    return key[1].endswith("://") or any(one in key[1] for one in _MEMORY)
