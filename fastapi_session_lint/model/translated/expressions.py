"""Expressions of libcst as `ast` has them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from fastapi_session_lint.model.translated.literals import literal_value
from fastapi_session_lint.model.translated.names import identifier, optional_identifier
from fastapi_session_lint.model.translated.operators import BINARY, COMPARE, UNARY
from fastapi_session_lint.model.translated.places import Places, Position, moved
from fastapi_session_lint.model.translated.strings import StringTranslation

_KEYWORD_CONSTANTS: dict[str, bool | None] = {"None": None, "True": True, "False": False}


class ExpressionTranslation:
    """The expressions of one module."""

    def __init__(self, places: Places) -> None:
        """A translation that has seen nothing yet."""
        self._places = places
        self._strings = StringTranslation(places, self.expression)

    def expression(self, node: cst.BaseExpression | cst.BaseElement) -> ast.expr:
        """An expression that is read."""
        return _TRANSLATE[type(node)](self, node)

    def optional(self, node: cst.BaseExpression | None) -> ast.expr | None:
        """An expression, or None for None."""
        return None if node is None else self.expression(node)

    def stored(self, node: cst.BaseExpression) -> ast.expr:
        """An expression that is assigned to."""
        return _as_target(self.expression(node), ast.Store)

    def deleted(self, node: cst.BaseExpression) -> ast.expr:
        """An expression that is deleted."""
        return _as_target(self.expression(node), ast.Del)

    def arguments(self, nodes: Iterable[cst.Arg]) -> tuple[list[ast.expr], list[ast.keyword]]:
        """The arguments of a call or class: by position, and by keyword or `**`."""
        positional: list[ast.expr] = []
        keywords: list[ast.keyword] = []
        for node in nodes:
            value = self.expression(node.value)
            if node.star == "*":
                positional.append(ast.Starred(value=value, ctx=ast.Load(), **self._places.of(node)))
            elif node.star == "**" or node.keyword is not None:
                name = optional_identifier(node.keyword)
                keywords.append(ast.keyword(arg=name, value=value, **self._places.of(node)))
            else:
                positional.append(value)
        return positional, keywords

    def parameters(self, node: cst.Parameters) -> ast.arguments:
        """The parameters of a function or lambda."""
        by_position = [*node.posonly_params, *node.params]
        return ast.arguments(
            posonlyargs=[self._parameter(one) for one in node.posonly_params],
            args=[self._parameter(one) for one in node.params],
            vararg=self._parameter(node.star_arg) if isinstance(node.star_arg, cst.Param) else None,
            kwonlyargs=[self._parameter(one) for one in node.kwonly_params],
            kw_defaults=[self.optional(one.default) for one in node.kwonly_params],
            kwarg=self._parameter(node.star_kwarg) if node.star_kwarg else None,
            defaults=[self.expression(one.default) for one in by_position if one.default is not None],
        )

    def _parameter(self, node: cst.Param) -> ast.arg:
        annotation = node.annotation.annotation if node.annotation else None
        position = self._places.between(node.name, annotation or node.name)
        return ast.arg(arg=identifier(node.name), annotation=self.optional(annotation), **position)

    def _name(self, node: cst.Name) -> ast.expr:
        if node.value in _KEYWORD_CONSTANTS:
            return ast.Constant(value=_KEYWORD_CONSTANTS[node.value], **self._places.of(node))
        return ast.Name(id=identifier(node), ctx=ast.Load(), **self._places.of(node))

    def _number(self, node: cst.Integer | cst.Float | cst.Imaginary) -> ast.expr:
        return ast.Constant(value=literal_value(node.value, node, self._places), **self._places.of(node))

    def _ellipsis(self, node: cst.Ellipsis) -> ast.expr:
        return ast.Constant(value=..., **self._places.of(node))

    def _string(self, node: cst.SimpleString | cst.FormattedString | cst.ConcatenatedString) -> ast.expr:
        return self._strings.string(node)

    def _attribute(self, node: cst.Attribute) -> ast.expr:
        value = self.expression(node.value)
        return ast.Attribute(value=value, attr=identifier(node.attr), ctx=ast.Load(), **self._places.of(node))

    def _call(self, node: cst.Call) -> ast.expr:
        function = self.expression(node.func)
        positional, keywords = self.arguments(node.args)
        if len(node.args) == 1 and isinstance(node.args[0].value, cst.GeneratorExp) and not node.args[0].value.lpar:
            positional = [self._generator_of_call(node, node.args[0].value)]
        return ast.Call(func=function, args=positional, keywords=keywords, **self._places.of(node))

    def _generator_of_call(self, call: cst.Call, node: cst.GeneratorExp) -> ast.expr:
        """A generator that is the only argument has the parentheses of the call for its own."""
        opening = moved(self._places.start(call.whitespace_before_args), -len("("))
        closing = moved(self._places.end(call.args[0].whitespace_after_arg), len(")"))
        return self._generator_at(node, self._places.span(opening, closing))

    def _generator(self, node: cst.GeneratorExp) -> ast.expr:
        return self._generator_at(node, self._places.within(node) if node.lpar else self._places.of(node))

    def _generator_at(self, node: cst.GeneratorExp, position: Position) -> ast.expr:
        return ast.GeneratorExp(elt=self.expression(node.elt), generators=self._generators(node.for_in), **position)

    def _list_comprehension(self, node: cst.ListComp) -> ast.expr:
        element = self.expression(node.elt)
        return ast.ListComp(elt=element, generators=self._generators(node.for_in), **self._places.of(node))

    def _set_comprehension(self, node: cst.SetComp) -> ast.expr:
        element = self.expression(node.elt)
        return ast.SetComp(elt=element, generators=self._generators(node.for_in), **self._places.of(node))

    def _dict_comprehension(self, node: cst.DictComp) -> ast.expr:
        key, value = self.expression(node.key), self.expression(node.value)
        generators = self._generators(node.for_in)
        return ast.DictComp(key=key, value=value, generators=generators, **self._places.of(node))

    def _unpacking_dict_comprehension(self, node: cst.StarredDictComp) -> ast.expr:
        """`{**x for x in xs}` (PEP 798), with None for a key, as the `ast.Dict` of `{**x}` has it."""
        key = ast.Constant(value=None, **self._places.between(node.value, node.value))
        value, generators = self.expression(node.value), self._generators(node.for_in)
        return ast.DictComp(key=key, value=value, generators=generators, **self._places.of(node))

    def _generators(self, node: cst.CompFor | None) -> list[ast.comprehension]:
        """The `for` parts of a comprehension, outermost first."""
        found: list[ast.comprehension] = []
        while node is not None:
            target, iterable = self.stored(node.target), self.expression(node.iter)
            tests = [self.expression(one.test) for one in node.ifs]
            is_async = int(node.asynchronous is not None)
            found.append(ast.comprehension(target=target, iter=iterable, ifs=tests, is_async=is_async))
            node = node.inner_for_in
        return found

    def _unary(self, node: cst.UnaryOperation) -> ast.expr:
        operand = self.expression(node.expression)
        return ast.UnaryOp(op=UNARY[type(node.operator)](), operand=operand, **self._places.of(node))

    def _binary(self, node: cst.BinaryOperation) -> ast.expr:
        left, right = self.expression(node.left), self.expression(node.right)
        return ast.BinOp(left=left, op=BINARY[type(node.operator)](), right=right, **self._places.of(node))

    def _logic(self, node: cst.BooleanOperation) -> ast.expr:
        """`a and b and c` is one operation in `ast`, two on the left of each other in libcst."""
        values = [node.right]
        left = node.left
        while isinstance(left, cst.BooleanOperation) and type(left.operator) is type(node.operator) and not left.lpar:
            values.append(left.right)
            left = left.left
        operands = [self.expression(value) for value in (left, *reversed(values))]
        operator = ast.And() if isinstance(node.operator, cst.And) else ast.Or()
        return ast.BoolOp(op=operator, values=operands, **self._places.of(node))

    def _comparison(self, node: cst.Comparison) -> ast.expr:
        left = self.expression(node.left)
        operators = [COMPARE[type(one.operator)]() for one in node.comparisons]
        others = [self.expression(one.comparator) for one in node.comparisons]
        return ast.Compare(left=left, ops=operators, comparators=others, **self._places.of(node))

    def _choice(self, node: cst.IfExp) -> ast.expr:
        test, body, orelse = self.expression(node.test), self.expression(node.body), self.expression(node.orelse)
        return ast.IfExp(test=test, body=body, orelse=orelse, **self._places.of(node))

    def _lambda(self, node: cst.Lambda) -> ast.expr:
        return ast.Lambda(args=self.parameters(node.params), body=self.expression(node.body), **self._places.of(node))

    def _await(self, node: cst.Await) -> ast.expr:
        return ast.Await(value=self.expression(node.expression), **self._places.of(node))

    def _yield(self, node: cst.Yield) -> ast.expr:
        if isinstance(node.value, cst.From):
            return ast.YieldFrom(value=self.expression(node.value.item), **self._places.of(node))
        return ast.Yield(value=self.optional(node.value), **self._places.of(node))

    def _walrus(self, node: cst.NamedExpr) -> ast.expr:
        target, value = self.stored(node.target), self.expression(node.value)
        assert isinstance(target, ast.Name), "the grammar allows a name only"
        return ast.NamedExpr(target=target, value=value, **self._places.of(node))

    def _element(self, node: cst.Element) -> ast.expr:
        return self.expression(node.value)

    def _starred(self, node: cst.StarredElement) -> ast.expr:
        return ast.Starred(value=self.expression(node.value), ctx=ast.Load(), **self._places.of(node))

    def _tuple(self, node: cst.Tuple) -> ast.expr:
        """A tuple owns its parentheses, or, without them, the comma after its last element."""
        elements = [self.expression(one) for one in node.elements]
        position = self._places.within(node) if node.lpar else self._listed(node.elements)
        return ast.Tuple(elts=elements, ctx=ast.Load(), **position)

    def _listed(self, nodes: Sequence[cst.BaseElement] | Sequence[cst.SubscriptElement]) -> Position:
        """Elements with commas between them, and the comma after the last one."""
        comma = nodes[-1].comma
        return self._places.between(nodes[0], comma if isinstance(comma, cst.Comma) else nodes[-1])

    def _list(self, node: cst.List) -> ast.expr:
        elements = [self.expression(one) for one in node.elements]
        return ast.List(elts=elements, ctx=ast.Load(), **self._places.of(node))

    def _set(self, node: cst.Set) -> ast.expr:
        return ast.Set(elts=[self.expression(one) for one in node.elements], **self._places.of(node))

    def _dict(self, node: cst.Dict) -> ast.expr:
        keys: list[ast.expr | None] = []
        values = []
        for element in node.elements:
            keys.append(self.expression(element.key) if isinstance(element, cst.DictElement) else None)
            values.append(self.expression(element.value))
        return ast.Dict(keys=keys, values=values, **self._places.of(node))

    def _subscript(self, node: cst.Subscript) -> ast.expr:
        value, parts = self.expression(node.value), [self._subscript_part(one.slice) for one in node.slice]
        is_tuple = len(parts) > 1 or isinstance(node.slice[0].comma, cst.Comma) or isinstance(parts[0], ast.Starred)
        key = ast.Tuple(elts=parts, ctx=ast.Load(), **self._listed(node.slice)) if is_tuple else parts[0]
        return ast.Subscript(value=value, slice=key, ctx=ast.Load(), **self._places.of(node))

    def _subscript_part(self, node: cst.BaseSlice) -> ast.expr:
        if isinstance(node, cst.Slice):
            return self._slice(node)
        assert isinstance(node, cst.Index), "libcst has no third kind"
        value = self.expression(node.value)
        return ast.Starred(value=value, ctx=ast.Load(), **self._places.of(node)) if node.star else value

    def _slice(self, node: cst.Slice) -> ast.expr:
        second_colon = node.second_colon if isinstance(node.second_colon, cst.Colon) else None
        position = self._places.between(
            node.lower or node.first_colon, node.step or second_colon or node.upper or node.first_colon
        )
        lower, upper, step = self.optional(node.lower), self.optional(node.upper), self.optional(node.step)
        return ast.Slice(lower=lower, upper=upper, step=step, **position)


def _as_target(node: ast.expr, context: type[ast.Store | ast.Del]) -> ast.expr:
    """An expression with the context of a target, and the parts of a tuple or list likewise."""
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Starred | ast.Tuple | ast.List):
        node.ctx = context()
    if isinstance(node, ast.Starred):
        _as_target(node.value, context)
    elif isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            _as_target(element, context)
    return node


_TRANSLATE: dict[type[cst.CSTNode], Callable[[ExpressionTranslation, Any], ast.expr]] = {
    cst.Name: ExpressionTranslation._name,
    cst.Integer: ExpressionTranslation._number,
    cst.Float: ExpressionTranslation._number,
    cst.Imaginary: ExpressionTranslation._number,
    cst.Ellipsis: ExpressionTranslation._ellipsis,
    cst.SimpleString: ExpressionTranslation._string,
    cst.FormattedString: ExpressionTranslation._string,
    cst.TemplatedString: ExpressionTranslation._string,
    cst.ConcatenatedString: ExpressionTranslation._string,
    cst.Attribute: ExpressionTranslation._attribute,
    cst.Call: ExpressionTranslation._call,
    cst.GeneratorExp: ExpressionTranslation._generator,
    cst.ListComp: ExpressionTranslation._list_comprehension,
    cst.SetComp: ExpressionTranslation._set_comprehension,
    cst.DictComp: ExpressionTranslation._dict_comprehension,
    cst.UnaryOperation: ExpressionTranslation._unary,
    cst.BinaryOperation: ExpressionTranslation._binary,
    cst.BooleanOperation: ExpressionTranslation._logic,
    cst.Comparison: ExpressionTranslation._comparison,
    cst.IfExp: ExpressionTranslation._choice,
    cst.Lambda: ExpressionTranslation._lambda,
    cst.Await: ExpressionTranslation._await,
    cst.Yield: ExpressionTranslation._yield,
    cst.NamedExpr: ExpressionTranslation._walrus,
    cst.Element: ExpressionTranslation._element,
    cst.StarredElement: ExpressionTranslation._starred,
    cst.Tuple: ExpressionTranslation._tuple,
    cst.List: ExpressionTranslation._list,
    cst.Set: ExpressionTranslation._set,
    cst.Dict: ExpressionTranslation._dict,
    cst.Subscript: ExpressionTranslation._subscript,
}
if hasattr(cst, "StarredDictComp"):  # PEP 798, since libcst 1.9
    _TRANSLATE[cst.StarredDictComp] = ExpressionTranslation._unpacking_dict_comprehension
