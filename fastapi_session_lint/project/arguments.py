"""Which parameter takes which argument of a call, and whether the call can be made at all."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from fastapi_session_lint import vocabulary
from fastapi_session_lint.model.expressions import Argument, Call, Expression, Name, Opaque, Subscript
from fastapi_session_lint.model.syntax import Function, Parameter
from fastapi_session_lint.project.values import ClassValue, FunctionValue, Library, LibraryObject, Scope

if TYPE_CHECKING:
    from fastapi_session_lint.project.roles import Roles

_BASES = 8


def argument_for(parameter: Parameter, function: Function, call: Call, is_bound: bool) -> Expression | None:
    """What a call gives to a parameter; None where it gives nothing, or a star hides it."""
    for one in call.arguments:
        if one.name == parameter.name:
            return one.value
    positional = _positional(function)
    if parameter not in positional:
        return None
    position = positional.index(parameter) - is_bound
    arguments = [one for one in call.arguments if one.name is None]
    if position < 0 or position >= len(arguments) or any(one.star for one in arguments[: position + 1]):
        return None
    return arguments[position].value


def parameter_for(argument: Argument, function: Function, call: Call, is_bound: bool) -> Parameter | None:
    """The parameter that takes an argument of a call; None where a star hides it, or nothing takes it."""
    if argument.star:
        return None
    if argument.name is not None:
        named = next((one for one in function.parameters if one.name == argument.name), None)
        return named or _of_kind("**", function)
    before = list(itertools.takewhile(lambda one: one is not argument, call.arguments))
    if any(one.star == "*" for one in before):
        return None
    positional = _positional(function)
    position = sum(one.name is None for one in before) + is_bound
    return positional[position] if position < len(positional) else _of_kind("*", function)


def binds(function: Function, call: Call, is_bound: bool) -> bool:
    """Whether a call can be made: none of its arguments is one too many, and no parameter goes without."""
    if any(one.star for one in call.arguments):
        return True
    given = [parameter_for(one, function, call, is_bound) for one in call.arguments]
    if None in given:
        return False
    receiver = _positional(function)[:1] if is_bound else []
    return all(
        one.default is not None or one.kind in ("*", "**") or one in given or one in receiver
        for one in function.parameters
    )


def taking_session(function: FunctionValue, call: Call, argument: Argument, roles: Roles) -> Parameter | None:
    """The parameter that takes a session from a call; None where a star hides it, or the call cannot be meant so.

    A decorator that is not known may give arguments of its own.
    """
    definition, is_bound = function.function, function.receiver is not None
    outer = function.scope.outer or function.scope
    taking = parameter_for(argument, definition, call, is_bound)
    if taking is None or taking.kind in ("*", "**"):
        return None
    if taking.annotation is not None and _rules_session_out(taking.annotation, outer, roles):
        return None
    if all(roles.decorator_name(one, outer) in vocabulary.BINDING_DECORATORS for one in definition.decorators):
        return taking if binds(definition, call, is_bound) else None
    return taking


def _rules_session_out(annotation: Expression, scope: Scope, roles: Roles) -> bool:
    """Whether a parameter is of a type that no session is of: a plain value, a container, a schema, a table."""
    if isinstance(annotation, Opaque):
        return bool(annotation.parts) and all(_rules_session_out(one, scope, roles) for one in annotation.parts)
    kind = annotation.value if isinstance(annotation, Subscript) else annotation
    value = roles.value(kind, scope)
    match kind, value:
        case Name(name), None:
            return name in vocabulary.PLAIN_TYPES and roles.names.lookup(name, scope) is None
        case _, Library(name) if isinstance(annotation, Subscript) and name in vocabulary.TRANSPARENT_GENERICS:
            return _rules_session_out(annotation.key, scope, roles)
        case _, Library(name):
            return name in vocabulary.CONTAINER_TYPES or name in vocabulary.MODEL_BASES
        case _, ClassValue():  # a table that is called as the session is may well be taken for it
            return value.definition.name not in vocabulary.SESSION_CLASS_NAMES and _is_model(value, roles)
    return False


def _is_model(of: ClassValue, roles: Roles, depth: int = 0) -> bool:
    """Whether a class of the project is derived from a schema's or table's base."""
    outer = of.scope.outer or of.scope
    for base in of.definition.bases:
        match roles.value(base, outer):
            case Library(name) | LibraryObject(name) if name in vocabulary.MODEL_BASES:
                return True
            case ClassValue() as found if depth < _BASES and found.scope is not of.scope:
                if _is_model(found, roles, depth + 1):
                    return True
    return False


def _positional(function: Function) -> list[Parameter]:
    return [one for one in function.parameters if one.kind == "positional"]


def _of_kind(kind: str, function: Function) -> Parameter | None:
    return next((one for one in function.parameters if one.kind == kind), None)
