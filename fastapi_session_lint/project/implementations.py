"""Which class an object is of that is annotated by an abstract one: where the project has just one that it can be."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterator

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Attribute, Call, Constant, Expression, Name, Subscript, last_name
from fastapi_session_lint.model.syntax import Class, Do, Function, Imported, Raise
from fastapi_session_lint.project.link import Names
from fastapi_session_lint.project.values import ClassValue, Scope


def is_abstract(function: Function) -> bool:
    """Whether a function has no body of its own: a protocol's, an abstract method's, an overload's."""
    return all(
        (isinstance(one, Do) and isinstance(one.value, Constant))
        or (isinstance(one, Raise) and _not_implemented(one.value))
        for one in function.body
    )


def _not_implemented(value: Expression | None) -> bool:
    while isinstance(value, Call):
        value = value.function
    return getattr(value, "id", "") == "NotImplementedError"


class Implementations:
    """The answer to "what is behind this interface".

    It goes by the names of classes alone and asks for no value, so that it may be asked while one is looked for.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[Scope, ClassValue] = {}

    def of(self, one: ClassValue) -> ClassValue:
        """The only class that implements an abstract one, outside tests, or on which all that do are built.

        Any other class is answered by itself.
        """
        known = self._known.get(one.scope)
        if known is None:
            self._known[one.scope] = known = self._only(one) or one
        return known

    def _only(self, one: ClassValue) -> ClassValue | None:
        if not _is_interface(one.definition):
            return None
        below = [scope for scope in self._below(one.scope) if not _is_interface(_definition(scope))]
        return next((ClassValue(root) for root in below if self._stand_on(root, below)), None)

    def _stand_on(self, root: Scope, below: list[Scope]) -> bool:
        """Whether all of some classes are one, or derived from it and add nothing that it has but their making."""
        others = [scope for scope in below if scope is not root]
        derived = self._below(root) if others else []
        own = _definition(root).bindings.keys() - vocabulary.INITIALIZERS
        return all(one in derived and own.isdisjoint(_methods(_definition(one))) for one in others)

    def _below(self, scope: Scope) -> list[Scope]:
        """The classes that are derived from one, at any depth."""
        found, waiting = dict[Scope, None](), [scope]
        while waiting:
            more = [one for one in self._derived.get(waiting.pop(), ()) if one not in found]
            found.update(dict.fromkeys(more))
            waiting += more
        return list(found)

    @functools.cached_property
    def _derived(self) -> dict[Scope, list[Scope]]:
        """The classes that name one of the project as a base of theirs, by that one."""
        found: dict[Scope, list[Scope]] = defaultdict(list)
        for scope in self._names.classes:
            if not self._names.imports.is_test(scope.module.path):
                for base in self._bases(scope):
                    found[base].append(scope)
        return found

    def _bases(self, scope: Scope) -> Iterator[Scope]:
        for base in _definition(scope).bases:
            found = self._class(base.value if isinstance(base, Subscript) else base, scope.outer or scope)
            if found is not None and found is not scope:
                yield found

    def _class(self, base: Expression, scope: Scope) -> Scope | None:
        match base:
            case Name(name):
                found = self._names.resolve(name, scope)
            case Attribute(Name(module), name):
                path = self._module(module, scope)
                found = self._names.member(path, name) if path is not None else None
            case _:
                return None
        match found:
            case ((*_, Class() as definition), _):
                return self._names.scope_of(definition)
        return None

    def _module(self, name: str, scope: Scope) -> str | None:
        """The module of the project that an imported name stands for."""
        match self._names.lookup(name, scope):
            case ((*_, Imported(module, member, level)), home):
                path = self._names.imports.resolve(home.module.path, module, level)
                return self._names.imports.submodule(path, member) if path and member else path
        return None


def _definition(scope: Scope) -> Class:
    assert isinstance(scope.owner, Class)
    return scope.owner


def _methods(definition: Class) -> Iterator[str]:
    return (name for name, found in definition.bindings.items() if isinstance(found[-1], Function))


def _is_interface(definition: Class) -> bool:
    """Whether nobody makes objects of a class: some of its methods are there to be replaced."""
    is_declared = any(
        last_name(one.value if isinstance(one, Subscript) else one) in vocabulary.INTERFACE_BASES
        for one in definition.bases
    )
    return any(
        is_abstract(one) and (is_declared or _is_marked(one) or (bool(one.body) and isinstance(one.body[-1], Raise)))
        for definitions in definition.bindings.values()
        for one in definitions
        if isinstance(one, Function)
    )


def _is_marked(function: Function) -> bool:
    return any(last_name(one) in vocabulary.ABSTRACT_DECORATORS for one in function.decorators)
