"""What a file tells nobody: names that are bound to what concerns no session, as long as nobody takes them.

A new constant, an import from the standard library, a def that concerns no session, a route that needs none: no finding
hangs on them. Whether anybody takes them is told by the model of the file itself and by the texts of all others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Call, Collection, Constant, Expression, Name, Subscript, dotted
from fastapi_session_lint.model.fixture_modules import may_hold_fixtures
from fastapi_session_lint.model.stored import FORMS, Kind
from fastapi_session_lint.model.syntax import (
    OWN_LEVEL,
    Assign,
    Assigned,
    Declared,
    Definition,
    Imported,
    Module,
    Other,
    Skipped,
    Statement,
)
from fastapi_session_lint.others import Others

ADDRESS = "://"
"""A text with an address may hold credentials, wherever it stands."""
_MOST_NAMES = 20
"""So many names that came, went or changed are looked for in all other files."""
_READ_UNASKED = frozenset({vocabulary.MODULE_MARKS, vocabulary.PLUGINS_OF_TESTS, vocabulary.GENERATES_TESTS, OWN_LEVEL})
_PLAIN_TYPES = frozenset({"int", "str", "float", "bool", "bytes", "list", "dict", "set", "tuple", "frozenset"})
_SAYING_NOTHING = sys.stdlib_module_names | {"pydantic", "typing_extensions"}
"""The libraries from which an import alone tells nothing: that a file imports `fastapi` does tell something."""


def idle_names(before: Module, after: Module, others: Others) -> frozenset[str] | None:
    """The names that the two models of a file bind to different things without telling anybody anything.

    None where there may be somebody who takes one of them.
    """
    if before.bindings is after.bindings:
        return frozenset()
    old, new = _idle(before, others), _idle(after, others)
    names = frozenset(name for name in (*old, *new) if old.get(name) != new.get(name))
    is_idle = all(
        name in told or name not in one.bindings for one, told in ((before, old), (after, new)) for name in names
    )
    if not is_idle or len(names) > _MOST_NAMES:
        return None
    if names and (not names.isdisjoint(_mentioned(after, names)) or any(map(others.may_take, names))):
        return None
    return names


def binds_only(statement: Statement, names: Iterable[str]) -> bool:
    """Whether a statement does no more than to bind one of the names to a literal."""
    match statement:
        case Assign((Name(name),), value, _):
            return name in names and _is_literal(value)
    return False


# --- what is bound ---------------------------------------------------------------------------------------------------


def _idle(module: Module, others: Others) -> dict[str, tuple[object, ...]]:
    """The names of a module that concern nobody who does not ask for them, with what tells them apart."""
    found = {}
    for name, definitions in module.bindings.items():
        told = tuple(_told(one, module, others) for one in definitions)
        if None not in told and not (
            name.startswith("__") or name in _READ_UNASKED or _may_be_of_tests(name, definitions, module)
        ):
            found[name] = told
    return found


def _may_be_of_tests(name: str, definitions: Iterable[Definition], module: Module) -> bool:
    """Whether pytest may call what a name is bound to with fixtures by its parameters, or hand it to who asks."""
    unread = [one for one in definitions if isinstance(one, Skipped)]
    if name.startswith(vocabulary.TESTS) and any(one.parameters for one in unread):
        return True
    return any(one.is_decorated and not one.is_class for one in unread) and may_hold_fixtures(module)


def _told(definition: Definition, module: Module, others: Others) -> object:
    """What an idle definition says; None for one that is not idle."""
    match definition:
        case Assigned(value, annotation, "=", None, _) if _is_literal(value) and _is_plain(annotation):
            return _literal(value)
        case Declared(annotation) if _is_plain(annotation):
            return "declared"
        case Imported(source, name, 0, _) if (
            name != "*" and others.are_foreign(source) and _top(source) in _SAYING_NOTHING
        ):
            return source, name
        case Skipped(_, parameters, calls, is_class, _) if all(_is_of_library(one, module, others) for one in calls):
            return parameters, tuple(dotted(one) for one in calls), is_class
        case Other():
            return "bound"
    return None


def _is_literal(value: Expression) -> bool:
    """A text without an address, a number, a flag, None, or a display of such."""
    if isinstance(value, Collection):
        return all(map(_is_literal, value.items))
    return isinstance(value, Constant) and not (value.kind == "text" and ADDRESS in str(value.value))


def _literal(value: Expression) -> object:
    if isinstance(value, Collection):
        return value.kind, tuple(map(_literal, value.items))
    assert isinstance(value, Constant)
    return value.kind, value.value


def _is_plain(annotation: Expression | None) -> bool:
    """Whether an annotation names nothing but types of Python itself."""
    match annotation:
        case None | Constant("keyword", None, _):
            return True
        case Name(name):
            return name in _PLAIN_TYPES
        case Subscript(value, key):
            return _is_plain(value) and _is_plain(key)
        case Collection(_, items):
            return all(map(_is_plain, items))
    return False


def _is_of_library(function: Expression, module: Module, others: Others) -> bool:
    """Whether what is called is a method of what a library makes: `router.get`, where `router = APIRouter()`."""
    head = (dotted(function) or "").partition(".")[0]
    bound = module.bindings.get(head, ())
    return bool(bound) and all(_is_made_by_library(one, module, others) for one in bound)


def _is_made_by_library(definition: Definition, module: Module, others: Others) -> bool:
    match definition:
        case Assigned(Call(maker, _, _), _, "=", None, _):
            made_by = module.bindings.get((dotted(maker) or "").partition(".")[0], ())
            return bool(made_by) and all(
                isinstance(one, Imported)
                and not one.level
                and _top(one.module) in vocabulary.EXTERNAL_TOPS
                and others.are_foreign(one.module)
                for one in made_by
            )
    return False


def _top(module: str) -> str:
    return module.partition(".")[0]


# --- who takes it ----------------------------------------------------------------------------------------------------


def _mentioned(module: Module, names: frozenset[str]) -> set[str]:
    """Every text in a model, names among them, but for what binds some names."""
    bound = (
        one
        for bindings in (module.bindings, module.last_bindings)
        for name, one in bindings.items()
        if name not in names
    )
    kept = [one for one in module.body if not binds_only(one, names)]
    waiting: list[Any] = [
        *kept,
        *bound,
        module.star_imports,
        module.exports or (),
        module.calls,
        module.stores,
        module.lambdas,
    ]
    found: set[str] = set()
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if type(one) is str:
            found.add(one)
        elif type(one) is tuple:
            waiting.extend(one)
        elif isinstance(one, Mapping):
            waiting.extend(one.values())
        elif type(one) in FORMS and id(one) not in seen:
            seen.add(id(one))
            waiting.extend(_said(one))
    return found


def _said(node: Any) -> Iterator[Any]:
    """The texts, nodes and groups of them that a node consists of."""
    form = FORMS[type(node)]
    for position, name in enumerate(form.fields):
        value = getattr(node, name)
        if (position, Kind.NAMES) in form.others:
            yield tuple(value)
        elif type(value) is not int:
            yield value
