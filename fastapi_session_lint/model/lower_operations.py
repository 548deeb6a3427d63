"""Operators, displays and subscripts of `ast` in the small language: what needs nothing but its parts."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from fastapi_session_lint.model.expressions import (
    Choice,
    Collection,
    Compare,
    Expression,
    Logic,
    Not,
    Opaque,
    Starred,
    Subscript,
)

if TYPE_CHECKING:
    from fastapi_session_lint.model.lower_expressions import ExpressionLowering

KINDS: dict[type[ast.expr], str] = {
    ast.Tuple: "tuple",
    ast.List: "list",
    ast.Set: "set",
    ast.ListComp: "list",
    ast.SetComp: "set",
    ast.DictComp: "dict",
    ast.GeneratorExp: "generator",
}
"""What displays and comprehensions make."""
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}


def collection(walk: ExpressionLowering, node: ast.Tuple | ast.List | ast.Set) -> Expression:
    """A tuple, a list or a set."""
    return Collection(KINDS[type(node)], tuple([walk.expression(one) for one in node.elts]))


def mapping(walk: ExpressionLowering, node: ast.Dict) -> Expression:
    """A dict: keys and values by turns, `**` as a starred one."""
    items: list[Expression] = []
    for key, value in zip(node.keys, node.values, strict=True):
        items += [Starred(walk.expression(value))] if key is None else [walk.expression(key), walk.expression(value)]
    return Collection("dict", tuple(items))


def subscript(walk: ExpressionLowering, node: ast.Subscript) -> Expression:
    """`value[key]`."""
    value = walk.expression(node.value)
    return Subscript(value, walk.expression(node.slice))


def part(walk: ExpressionLowering, node: ast.Slice) -> Expression:
    """`start:end:step`, of which what says something is kept."""
    return walk.opaque(node.lower, node.upper, node.step)


def choice(walk: ExpressionLowering, node: ast.IfExp) -> Expression:
    """`body if test else orelse`."""
    body = walk.expression(node.body)
    test = walk.expression(node.test)
    return Choice(test, body, walk.expression(node.orelse))


def logic(walk: ExpressionLowering, node: ast.BoolOp) -> Expression:
    """`and` and `or`, two at a time."""
    operator = "and" if type(node.op) is ast.And else "or"
    found = walk.expression(node.values[0])
    for one in node.values[1:]:
        found = Logic(operator, found, walk.expression(one))
    return found


def unary(walk: ExpressionLowering, node: ast.UnaryOp) -> Expression:
    """`not`, and operators that make a new value."""
    return Not(walk.expression(node.operand)) if type(node.op) is ast.Not else walk.opaque(node.operand)


def binary(walk: ExpressionLowering, node: ast.BinOp) -> Expression:
    """An operator that makes a new value."""
    return walk.opaque(node.left, node.right)


def comparison(walk: ExpressionLowering, node: ast.Compare) -> Expression:
    """A comparison; one of a kind that is not known, or a chain, as its parts."""
    left = walk.expression(node.left)
    rights = [walk.expression(one) for one in node.comparators]
    operator = _OPERATORS.get(type(node.ops[0]))
    if len(rights) == 1 and operator:
        return Compare(left, operator, rights[0])
    return Opaque((left, *rights))


def starred(walk: ExpressionLowering, node: ast.Starred) -> Expression:
    """`*value`."""
    return Starred(walk.expression(node.value))
