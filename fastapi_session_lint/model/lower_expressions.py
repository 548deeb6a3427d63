"""libcst expressions to the small language, in the order of the source, so that marks fall in that order too.

The walk is by hand over the fields that are not trivia: a libcst visitor costs ten times as much (the figures stand in
docs/performance.md). Variables of a comprehension get a name of their own (`x` becomes `x@3`), since they live apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import libcst as cst

from fastapi_session_lint.model.expressions import (
    NOTHING,
    NOWHERE,
    Argument,
    Attribute,
    Await,
    Call,
    Choice,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Generator,
    Lambda,
    Logic,
    Name,
    Not,
    Opaque,
    Starred,
    Subscript,
    Template,
    Walrus,
    Yield,
    says_nothing,
)
from fastapi_session_lint.model.scopes import Mark, ScopeBuilder
from fastapi_session_lint.model.syntax import Assigned, Function, Other, Parameter, Return, Store

_OPERATORS: dict[type[cst.BaseCompOp], str] = {
    cst.Is: "is",
    cst.IsNot: "is not",
    cst.Equal: "==",
    cst.NotEqual: "!=",
    cst.In: "in",
    cst.NotIn: "not in",
}
_KEYWORD_CONSTANTS: dict[str, bool | None] = {"None": None, "True": True, "False": False}


class ExpressionLowering:
    """The walk over the expressions of one module; `scope` is the innermost scope at each moment."""

    def __init__(self) -> None:
        """An empty module."""
        self.scope = ScopeBuilder("module", "", None)
        self.marks: list[Mark] = []
        self._renamed: dict[str, str] = {}
        self._comprehensions = 0
        self._in_string = 0
        self._in_annotation = 0
        self._statement = NOWHERE

    def mark(self, kind: str, node: cst.CSTNode) -> int:
        """The place of a node; within an f-string that of its statement, since rulers disagree there."""
        if self._in_string:
            return self._statement
        self.marks.append(Mark(kind, node))
        if kind == "statement":
            self._statement = len(self.marks) - 1
        return len(self.marks) - 1

    def expression(self, node: cst.CSTNode) -> Expression:
        """An expression in the small language."""
        lower = _LOWER.get(type(node))
        return NOTHING if lower is None else lower(self, node)

    def annotation(self, node: cst.Annotation | None) -> Expression | None:
        """An annotation; what stands in quotes is read as code, and has no place of its own."""
        return None if node is None else self.annotated_type(node.annotation)

    def annotated_type(self, node: cst.CSTNode) -> Expression:
        """An expression that names a type."""
        self._in_annotation += 1
        found = self.expression(node)
        self._in_annotation -= 1
        return found

    def _quoted(self, text: str) -> Expression | None:
        """A quoted annotation as an expression, None where it is none."""
        try:
            node = cst.parse_expression(text)
        except cst.ParserSyntaxError:
            return None
        self._in_string += 1
        found = self.expression(node)
        self._in_string -= 1
        return found

    def optional(self, node: cst.CSTNode | None) -> Expression | None:
        """An expression, or None for None."""
        return None if node is None else self.expression(node)

    def _opaque(self, *nodes: cst.CSTNode | None) -> Expression:
        """Nodes in source order as one expression that keeps those that say something."""
        parts = [self.expression(node) for node in nodes if node is not None]
        kept = tuple(
            part for part in parts if not says_nothing(part) and (type(part) is not Constant or _is_address(part))
        )
        return Opaque(kept) if kept else NOTHING

    def _name(self, node: cst.Name) -> Expression:
        text = node.value
        if text in _KEYWORD_CONSTANTS:
            return Constant("keyword", _KEYWORD_CONSTANTS[text], NOWHERE)
        text = self._renamed.get(text, text)
        self.scope.reads.add(text)
        return Name(text)

    def _attribute(self, node: cst.Attribute) -> Expression:
        return Attribute(self.expression(node.value), node.attr.value)

    def _call(self, node: cst.Call) -> Expression:
        function = self.expression(node.func)
        arguments = tuple(self.argument(argument) for argument in node.args)
        call = Call(function, arguments, self.mark("call", node))
        self.scope.calls.append(call)
        return call

    def argument(self, node: cst.Arg) -> Argument:
        """One argument."""
        return Argument(node.keyword.value if node.keyword else None, self.expression(node.value), node.star)

    def _await(self, node: cst.Await) -> Expression:
        value = self.expression(node.expression)
        return Await(value, self.mark("await", node))

    def _yield(self, node: cst.Yield) -> Expression:
        inner = node.value
        is_from = isinstance(inner, cst.From)
        value = self.optional(inner.item if isinstance(inner, cst.From) else inner)
        found = Yield(value, is_from, self.mark("yield", node))
        self.scope.yields.append(found)
        return found

    def _simple_string(self, node: cst.SimpleString) -> Expression:
        value = _text_of(node)
        if value is None:
            return Constant("bytes", None, NOWHERE)
        if self._in_annotation and not self._in_string and (quoted := self._quoted(value)) is not None:
            return quoted
        return Constant("text", value, self.mark("text", node) if "://" in value else NOWHERE)

    def _formatted(self, node: cst.FormattedString | cst.TemplatedString | cst.ConcatenatedString) -> Expression:
        self._in_string += 1
        parts = tuple(self._string_parts(node))
        self._in_string -= 1
        literal = "".join(str(part.value) for part in parts if isinstance(part, Constant) and part.kind == "text")
        place = self.mark("text", node) if "://" in literal else NOWHERE
        if all(isinstance(part, Constant) for part in parts) and not isinstance(node, cst.TemplatedString):
            if any(isinstance(part, Constant) and part.kind == "bytes" for part in parts):
                return Constant("bytes", None, NOWHERE)
            return Constant("text", literal, place)
        return Template(parts, place)

    def _string_parts(self, node: cst.CSTNode) -> list[Expression]:
        match node:
            case cst.ConcatenatedString(left=left, right=right):
                return [*self._string_parts(left), *self._string_parts(right)]
            case cst.FormattedString(parts=parts) | cst.TemplatedString(parts=parts):
                return [part for one in parts for part in self._string_parts(one)]
            case cst.FormattedStringText(value=text) | cst.TemplatedStringText(value=text):
                return [Constant("text", text.replace("{{", "{").replace("}}", "}"), NOWHERE)]
            case (
                cst.FormattedStringExpression(expression=inner, format_spec=spec)
                | cst.TemplatedStringExpression(expression=inner, format_spec=spec)
            ):
                nested = [part for one in spec or () for part in self._string_parts(one)]
                return [self.expression(inner), *[part for part in nested if not isinstance(part, Constant)]]
            case cst.SimpleString():
                value = _text_of(node)
                return [Constant("bytes" if value is None else "text", value, NOWHERE)]
        return []

    def _number(self, node: cst.Integer | cst.Float | cst.Imaginary) -> Expression:
        return Constant("number", node.value, NOWHERE)

    def _ellipsis(self, _: cst.Ellipsis) -> Expression:
        return Constant("keyword", "...", NOWHERE)

    def _collection(self, node: cst.Tuple | cst.List | cst.Set) -> Expression:
        items = tuple(
            Starred(self.expression(one.value)) if isinstance(one, cst.StarredElement) else self.expression(one.value)
            for one in node.elements
        )
        return Collection(type(node).__name__.lower(), items)

    def _dict(self, node: cst.Dict) -> Expression:
        items: list[Expression] = []
        for element in node.elements:
            if isinstance(element, cst.DictElement):
                items += (self.expression(element.key), self.expression(element.value))
            else:
                items.append(Starred(self.expression(element.value)))
        return Collection("dict", tuple(items))

    def _subscript(self, node: cst.Subscript) -> Expression:
        value = self.expression(node.value)
        indexes = []
        for element in node.slice:
            if isinstance(element.slice, cst.Index):
                indexes.append(self.expression(element.slice.value))
            elif isinstance(element.slice, cst.Slice):
                indexes.append(self._opaque(element.slice.lower, element.slice.upper, element.slice.step))
        return Subscript(value, indexes[0] if len(indexes) == 1 else Collection("tuple", tuple(indexes)))

    def _choice(self, node: cst.IfExp) -> Expression:
        body = self.expression(node.body)
        test = self.expression(node.test)
        return Choice(test, body, self.expression(node.orelse))

    def _logic(self, node: cst.BooleanOperation) -> Expression:
        left = self.expression(node.left)
        operator = "and" if isinstance(node.operator, cst.And) else "or"
        return Logic(operator, left, self.expression(node.right))

    def _unary(self, node: cst.UnaryOperation) -> Expression:
        if isinstance(node.operator, cst.Not):
            return Not(self.expression(node.expression))
        return self._opaque(node.expression)

    def _binary(self, node: cst.BinaryOperation) -> Expression:
        return self._opaque(node.left, node.right)

    def _comparison(self, node: cst.Comparison) -> Expression:
        left = self.expression(node.left)
        rights = [self.expression(one.comparator) for one in node.comparisons]
        operator = _OPERATORS.get(type(node.comparisons[0].operator))
        if len(rights) == 1 and operator:
            return Compare(left, operator, rights[0])
        return Opaque((left, *rights))

    def _walrus(self, node: cst.NamedExpr) -> Expression:
        assert isinstance(node.target, cst.Name)
        value = self.expression(node.value)
        target = node.target.value
        self.scope.bind(target, Assigned(value, None, "=", None, NOWHERE))
        return Walrus(target, value)

    def _lambda(self, node: cst.Lambda) -> Expression:
        place = NOWHERE
        inner = ScopeBuilder("function", f"{self.scope.name}.<lambda>".lstrip("."), self.scope)
        parameters = self.parameters(node.params, inner)
        outer, self.scope = self.scope, inner
        value = self.expression(node.body)
        self.scope = outer
        outer.reads |= inner.free_names()
        body = (Return(value, place),)
        function = Function(
            name="<lambda>",
            qualified_name=inner.name,
            parameters=parameters,
            decorators=(),
            decorator_places=(),
            returns=None,
            is_async=False,
            is_generator=bool(inner.yields),
            body=body,
            bindings=inner.frozen_bindings(),
            last_bindings=inner.frozen_last(),
            outer_names=frozenset(),
            reads=inner.free_names(),
            calls=tuple(inner.calls),
            yields=tuple(inner.yields),
            stores=(),
            lambdas=tuple(inner.lambdas),
            place=place,
        )
        outer.lambdas.append(function)
        return Lambda(function)

    def parameters(self, node: cst.Parameters, inner: ScopeBuilder) -> tuple[Parameter, ...]:
        """The parameters of a def or lambda, evaluated outside, bound in `inner`."""
        ordered: list[tuple[cst.Param, str]] = [(one, "positional") for one in (*node.posonly_params, *node.params)]
        if isinstance(node.star_arg, cst.Param):
            ordered.append((node.star_arg, "*"))
        ordered += [(one, "keyword") for one in node.kwonly_params]
        if node.star_kwarg is not None:
            ordered.append((node.star_kwarg, "**"))
        found = []
        for one, kind in ordered:
            place = self.mark("parameter", one.name)
            annotation = self.annotation(one.annotation)
            found.append(Parameter(one.name.value, annotation, self.optional(one.default), kind, place))
            inner.bindings[one.name.value].append(found[-1])
        if ordered and ordered[0][1] in ("positional", "*"):
            inner.first_parameter = ordered[0][0].name.value
        return tuple(found)

    def _comprehension(self, node: cst.BaseSimpleComp | cst.DictComp) -> Expression:
        """The targets are renamed before the element, which stands first in the source, is read."""
        outer = dict(self._renamed)
        self._comprehensions += 1
        loop: cst.CompFor | None = node.for_in
        while loop is not None:
            for name in _target_names(loop.target):
                self._renamed[name] = f"{name}@{self._comprehensions}"
            loop = loop.inner_for_in
        if isinstance(node, cst.DictComp):
            elements: tuple[Expression, ...] = (self.expression(node.key), self.expression(node.value))
        else:
            elements = (self.expression(node.elt),)
        generators = []
        loop = node.for_in
        while loop is not None:
            generators.append(self._generator(loop))
            loop = loop.inner_for_in
        self._renamed = outer
        return Comprehension(_KINDS[type(node)], elements, tuple(generators))

    def _generator(self, loop: cst.CompFor) -> Generator:
        target = self.expression(loop.target)
        iterable = self.expression(loop.iter)
        conditions = tuple(self.expression(one.test) for one in loop.ifs)
        via = "async for" if loop.asynchronous else "for"
        self.bind_target(target, iterable, None, via, NOWHERE)
        return Generator(target, iterable, conditions, loop.asynchronous is not None)

    def bind_target(
        self, target: Expression, value: Expression, annotation: Expression | None, via: str, place: int
    ) -> None:
        """Record what an assignment, a with or a for binds."""
        match target:
            case Name(name):
                self.scope.bind(name, Assigned(value, annotation, via, None, place))
            case Attribute() | Subscript():
                if via == "=":
                    self.scope.stores.append(Store(target, value, place))
                if isinstance(target, Attribute) and isinstance(target.value, Name):
                    assigned = Assigned(value, annotation, via, None, place)
                    self._bind_attribute(target.value.id, target.name, assigned)
            case Collection(_, items):
                self._bind_items(items, value, via, place)
            case Starred(Name(name)):
                self.scope.bind(name, Other())

    def _bind_items(self, items: tuple[Expression, ...], value: Expression, via: str, place: int) -> None:
        pairwise = via == "=" and isinstance(value, Collection) and len(value.items) == len(items)
        stars = [index for index, item in enumerate(items) if isinstance(item, Starred)]
        for index, item in enumerate(items):
            position = index - len(items) if stars and index > stars[0] else index
            if pairwise and isinstance(value, Collection):
                self.bind_target(item, value.items[index], None, via, place)
            elif isinstance(item, Name):
                self.scope.bind(item.id, Assigned(value, None, via, position, place))
            else:
                self.bind_target(item, NOTHING, None, via, place)

    def _bind_attribute(self, owner: str, name: str, assigned: Assigned) -> None:
        """`self.x = …` in a method is an attribute of its class; so is `cls.x = …`."""
        scope = self.scope
        if scope.kind == "function" and scope.outer and scope.outer.kind == "class" and owner == scope.first_parameter:
            scope.outer.attributes[name].append((scope.name.rpartition(".")[2], assigned))

    def _starred(self, node: cst.StarredElement) -> Expression:
        return Starred(self.expression(node.value))

    def _nothing(self, _: cst.CSTNode) -> Expression:
        return NOTHING


_KINDS = {cst.ListComp: "list", cst.SetComp: "set", cst.DictComp: "dict", cst.GeneratorExp: "generator"}


def _text_of(node: cst.SimpleString) -> str | None:
    """What a string literal says, None for bytes; evaluating one properly is dear, and few have an escape."""
    literal = node.value
    if literal[0] in "\"'" and "\\" not in literal:
        width = 3 if literal[:3] in ('"""', "'''") else 1
        return literal[width:-width]
    value = node.evaluated_value
    return value if isinstance(value, str) else None


def _is_address(part: Constant) -> bool:
    return isinstance(part.value, str) and "://" in part.value


def _target_names(target: cst.BaseExpression) -> list[str]:
    match target:
        case cst.Name(value=name):
            return [name]
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            return [name for one in elements for name in _target_names(one.value)]
    return []


_LOWER: dict[type[cst.CSTNode], Callable[[ExpressionLowering, Any], Expression]] = {
    cst.Name: ExpressionLowering._name,
    cst.Attribute: ExpressionLowering._attribute,
    cst.Call: ExpressionLowering._call,
    cst.Await: ExpressionLowering._await,
    cst.Yield: ExpressionLowering._yield,
    cst.SimpleString: ExpressionLowering._simple_string,
    cst.FormattedString: ExpressionLowering._formatted,
    cst.ConcatenatedString: ExpressionLowering._formatted,
    cst.TemplatedString: ExpressionLowering._formatted,
    cst.Integer: ExpressionLowering._number,
    cst.Float: ExpressionLowering._number,
    cst.Imaginary: ExpressionLowering._number,
    cst.Ellipsis: ExpressionLowering._ellipsis,
    cst.Tuple: ExpressionLowering._collection,
    cst.List: ExpressionLowering._collection,
    cst.Set: ExpressionLowering._collection,
    cst.Dict: ExpressionLowering._dict,
    cst.Subscript: ExpressionLowering._subscript,
    cst.IfExp: ExpressionLowering._choice,
    cst.BooleanOperation: ExpressionLowering._logic,
    cst.UnaryOperation: ExpressionLowering._unary,
    cst.BinaryOperation: ExpressionLowering._binary,
    cst.Comparison: ExpressionLowering._comparison,
    cst.NamedExpr: ExpressionLowering._walrus,
    cst.Lambda: ExpressionLowering._lambda,
    cst.ListComp: ExpressionLowering._comprehension,
    cst.SetComp: ExpressionLowering._comprehension,
    cst.DictComp: ExpressionLowering._comprehension,
    cst.GeneratorExp: ExpressionLowering._comprehension,
    cst.StarredElement: ExpressionLowering._starred,
}
