"""Functions, lambdas and classes of `ast` in the small language, each with a scope of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fastapi_session_lint.model.expressions import NOWHERE, Expression, Lambda
from fastapi_session_lint.model.scopes import ScopeBuilder
from fastapi_session_lint.model.syntax import NO_NAMES, Class, Define, Function, Parameter, Return, Statement

if TYPE_CHECKING:
    from fastapi_session_lint.model.lower import StatementLowering
    from fastapi_session_lint.model.lower_expressions import ExpressionLowering


def function(walk: StatementLowering, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Statement:
    """A def; a decorator is read before it, as it stands before it in the source."""
    decorator_places = tuple([walk.place(one) for one in node.decorator_list])
    decorators = tuple([walk.expression(one) for one in node.decorator_list])
    place = walk.statement_place(node)
    outer = walk.scope
    inner = ScopeBuilder("function", _qualified(outer, node.name), outer)
    given = parameters(walk, node.args, inner)
    returns = walk.annotation(node.returns)
    walk.scope = inner
    body = walk.suite(node.body)
    walk.scope = outer
    reads = inner.free_names()
    outer.reads.update(reads)
    made = Function(
        name=node.name,
        qualified_name=inner.name,
        parameters=given,
        decorators=decorators,
        decorator_places=decorator_places,
        returns=returns,
        is_async=type(node) is ast.AsyncFunctionDef,
        is_generator=bool(inner.yields),
        body=body,
        bindings=inner.frozen_bindings(),
        last_bindings=inner.frozen_last(),
        outer_names=frozenset(inner.outer_names) or NO_NAMES,
        reads=reads,
        calls=tuple(inner.calls),
        yields=tuple(inner.yields),
        stores=tuple(inner.stores),
        lambdas=tuple(inner.lambdas),
        place=place,
    )
    outer.bind(made.name, made)
    return Define(made, place)


def class_(walk: StatementLowering, node: ast.ClassDef) -> Statement:
    """A class with its body."""
    decorators = tuple(walk.expression(one) for one in node.decorator_list)
    place = walk.statement_place(node)
    outer = walk.scope
    inner = ScopeBuilder("class", _qualified(outer, node.name), outer)
    bases = tuple(walk.argument(one).value for one in node.bases)
    keywords = tuple(walk.argument(one) for one in node.keywords)
    walk.scope = inner
    body = walk.suite(node.body)
    walk.scope = outer
    outer.reads |= inner.reads
    definition = Class(
        name=node.name,
        qualified_name=inner.name,
        bases=bases,
        keywords=keywords,
        decorators=decorators,
        body=body,
        bindings=inner.frozen_bindings(),
        last_bindings=inner.frozen_last(),
        attributes={name: tuple(found) for name, found in inner.attributes.items()},
        calls=tuple(inner.calls),
        lambdas=tuple(inner.lambdas),
        place=place,
    )
    outer.bind(definition.name, definition)
    return Define(definition, place)


def function_of_lambda(walk: ExpressionLowering, node: ast.Lambda) -> Expression:
    """A lambda, kept with the scope around it as well."""
    inner = ScopeBuilder("function", f"{walk.scope.name}.<lambda>".lstrip("."), walk.scope)
    given = parameters(walk, node.args, inner)
    outer, walk.scope = walk.scope, inner
    value = walk.expression(node.body)
    walk.scope = outer
    outer.reads.update(inner.free_names())
    function = Function(
        name="<lambda>",
        qualified_name=inner.name,
        parameters=given,
        decorators=(),
        decorator_places=(),
        returns=None,
        is_async=False,
        is_generator=bool(inner.yields),
        body=(Return(value, NOWHERE),),
        bindings=inner.frozen_bindings(),
        last_bindings=inner.frozen_last(),
        outer_names=NO_NAMES,
        reads=inner.free_names(),
        calls=tuple(inner.calls),
        yields=tuple(inner.yields),
        stores=(),
        lambdas=tuple(inner.lambdas),
        place=NOWHERE,
    )
    outer.lambdas.append(function)
    return Lambda(function)


def parameters(walk: ExpressionLowering, node: ast.arguments, inner: ScopeBuilder) -> tuple[Parameter, ...]:
    """The parameters of a def or lambda, evaluated outside, bound in `inner`."""
    found: list[Parameter] = []
    for one, default, kind in _ordered(node):
        place = walk.place(one)
        annotation = walk.annotation(one.annotation)
        found.append(Parameter(one.arg, annotation, walk.optional(default), kind, place))
        inner.bindings[one.arg].append(found[-1])
    if found and found[0].kind in ("positional", "*"):
        inner.first_parameter = found[0].name
    return tuple(found)


def _ordered(node: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None, str]]:
    """Parameters with their defaults and kinds, as they stand."""
    positional = [*node.posonlyargs, *node.args]
    without = len(positional) - len(node.defaults)
    for index, one in enumerate(positional):
        yield one, node.defaults[index - without] if index >= without else None, "positional"
    if node.vararg is not None:
        yield node.vararg, None, "*"
    for one, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        yield one, default, "keyword"
    if node.kwarg is not None:
        yield node.kwarg, None, "**"


def _qualified(scope: ScopeBuilder, name: str) -> str:
    return f"{scope.name}.{name}" if scope.name else name
