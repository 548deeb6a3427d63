"""Statements of libcst as `ast` has them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import libcst as cst

from fastapi_session_lint.model.translated.expressions import ExpressionTranslation
from fastapi_session_lint.model.translated.names import bound_name, dotted_name, identifier
from fastapi_session_lint.model.translated.operators import AUGMENTED
from fastapi_session_lint.model.translated.patterns import PatternTranslation
from fastapi_session_lint.model.translated.places import Places, Position

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_Compound = cst.BaseCompoundStatement | cst.ExceptHandler | cst.ExceptStarHandler


class StatementTranslation:
    """The statements of one module."""

    def __init__(self, places: Places) -> None:
        """A translation that has seen nothing yet."""
        self._places = places
        self._expressions = ExpressionTranslation(places)
        self._patterns = PatternTranslation(places, self._expressions)

    def suite(self, node: cst.BaseSuite | cst.Module | cst.Else | cst.Finally | None) -> list[ast.stmt]:
        """The statements of a block or module; those of none are none."""
        if node is None:
            return []
        if isinstance(node, cst.Else | cst.Finally):
            node = node.body
        return [_TRANSLATE[type(one)](self, one) for one in _flat(node.body)]

    def _whole(self, node: _Compound) -> Position:
        """A compound statement or handler from its first word (decorators come before it) to its last token."""
        return self._places.between(node, _last_token(node))

    def _expression(self, node: cst.Expr) -> ast.stmt:
        return ast.Expr(value=self._expressions.expression(node.value), **self._places.of(node))

    def _assignment(self, node: cst.Assign) -> ast.stmt:
        targets = [self._expressions.stored(one.target) for one in node.targets]
        return ast.Assign(targets=targets, value=self._expressions.expression(node.value), **self._places.of(node))

    def _annotated(self, node: cst.AnnAssign) -> ast.stmt:
        target = self._expressions.stored(node.target)
        assert isinstance(target, ast.Name | ast.Attribute | ast.Subscript), "the grammar allows nothing else"
        return ast.AnnAssign(
            target=target,
            annotation=self._expressions.expression(node.annotation.annotation),
            value=self._expressions.optional(node.value),
            simple=int(isinstance(node.target, cst.Name) and not node.target.lpar),
            **self._places.of(node),
        )

    def _augmented(self, node: cst.AugAssign) -> ast.stmt:
        target, value = self._expressions.stored(node.target), self._expressions.expression(node.value)
        assert isinstance(target, ast.Name | ast.Attribute | ast.Subscript), "the grammar allows nothing else"
        operator = AUGMENTED[type(node.operator)]()
        return ast.AugAssign(target=target, op=operator, value=value, **self._places.of(node))

    def _type_alias(self, node: cst.TypeAlias) -> ast.stmt:
        name = ast.Name(id=identifier(node.name), ctx=ast.Store(), **self._places.of(node.name))
        value = self._expressions.expression(node.value)
        if sys.version_info >= (3, 12):
            return ast.TypeAlias(name=name, type_params=[], value=value, **self._places.of(node))
        return ast.Assign(targets=[name], value=value, **self._places.of(node))

    def _return(self, node: cst.Return) -> ast.stmt:
        return ast.Return(value=self._expressions.optional(node.value), **self._places.of(node))

    def _raise(self, node: cst.Raise) -> ast.stmt:
        cause = self._expressions.optional(node.cause.item if node.cause else None)
        return ast.Raise(exc=self._expressions.optional(node.exc), cause=cause, **self._places.of(node))

    def _assert(self, node: cst.Assert) -> ast.stmt:
        test, message = self._expressions.expression(node.test), self._expressions.optional(node.msg)
        return ast.Assert(test=test, msg=message, **self._places.of(node))

    def _delete(self, node: cst.Del) -> ast.stmt:
        """Several targets are a tuple without parentheses in libcst."""
        if isinstance(node.target, cst.Tuple) and not node.target.lpar:
            targets = [self._expressions.deleted(one.value) for one in node.target.elements]
        else:
            targets = [self._expressions.deleted(node.target)]
        return ast.Delete(targets=targets, **self._places.of(node))

    def _pass(self, node: cst.Pass) -> ast.stmt:
        return ast.Pass(**self._places.of(node))

    def _break(self, node: cst.Break) -> ast.stmt:
        return ast.Break(**self._places.of(node))

    def _continue(self, node: cst.Continue) -> ast.stmt:
        return ast.Continue(**self._places.of(node))

    def _global(self, node: cst.Global) -> ast.stmt:
        return ast.Global(names=[identifier(one.name) for one in node.names], **self._places.of(node))

    def _nonlocal(self, node: cst.Nonlocal) -> ast.stmt:
        return ast.Nonlocal(names=[identifier(one.name) for one in node.names], **self._places.of(node))

    def _import(self, node: cst.Import | cst.LazyImport) -> ast.stmt:
        return ast.Import(names=self._aliases(node.names), **self._places.of(node))

    def _import_from(self, node: cst.ImportFrom | cst.LazyImportFrom) -> ast.stmt:
        module = dotted_name(node.module) if node.module else None
        names = self._aliases(node.names)
        return ast.ImportFrom(module=module, names=names, level=len(node.relative), **self._places.of(node))

    def _aliases(self, nodes: Sequence[cst.ImportAlias] | cst.ImportStar) -> list[ast.alias]:
        if isinstance(nodes, cst.ImportStar):
            return [ast.alias(name="*", **self._places.of(nodes))]
        return [
            ast.alias(name=dotted_name(one.name), asname=bound_name(one.asname), **self._places.of(one))
            for one in nodes
        ]

    def _if(self, node: cst.If) -> ast.stmt:
        """An `elif` is an `if` of its own in the other branch, in both trees."""
        orelse = [self._if(node.orelse)] if isinstance(node.orelse, cst.If) else self.suite(node.orelse)
        test, body = self._expressions.expression(node.test), self.suite(node.body)
        return ast.If(test=test, body=body, orelse=orelse, **self._whole(node))

    def _while(self, node: cst.While) -> ast.stmt:
        test, body, orelse = self._expressions.expression(node.test), self.suite(node.body), self.suite(node.orelse)
        return ast.While(test=test, body=body, orelse=orelse, **self._whole(node))

    def _for(self, node: cst.For) -> ast.stmt:
        target, iterable = self._expressions.stored(node.target), self._expressions.expression(node.iter)
        body, orelse = self.suite(node.body), self.suite(node.orelse)
        kind = ast.AsyncFor if node.asynchronous else ast.For
        return kind(target=target, iter=iterable, body=body, orelse=orelse, type_comment=None, **self._whole(node))

    def _with(self, node: cst.With) -> ast.stmt:
        items = []
        for item in node.items:
            variable = self._expressions.stored(item.asname.name) if item.asname else None
            context = self._expressions.expression(item.item)
            items.append(ast.withitem(context_expr=context, optional_vars=variable))
        kind = ast.AsyncWith if node.asynchronous else ast.With
        return kind(items=items, body=self.suite(node.body), type_comment=None, **self._whole(node))

    def _try(self, node: cst.Try | cst.TryStar) -> ast.stmt:
        kind = ast.TryStar if isinstance(node, cst.TryStar) else ast.Try
        body, orelse, finalbody = self.suite(node.body), self.suite(node.orelse), self.suite(node.finalbody)
        handlers = [self._handler(one) for one in node.handlers]
        return kind(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody, **self._whole(node))

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> ast.ExceptHandler:
        caught, name = self._expressions.optional(node.type), bound_name(node.name)
        return ast.ExceptHandler(type=caught, name=name, body=self.suite(node.body), **self._whole(node))

    def _match(self, node: cst.Match) -> ast.stmt:
        subject, cases = self._expressions.expression(node.subject), [self._case(one) for one in node.cases]
        return ast.Match(subject=subject, cases=cases, **self._whole(node))

    def _case(self, node: cst.MatchCase) -> ast.match_case:
        pattern, guard = self._patterns.pattern(node.pattern), self._expressions.optional(node.guard)
        return ast.match_case(pattern=pattern, guard=guard, body=self.suite(node.body))

    def _function(self, node: cst.FunctionDef) -> ast.stmt:
        kind = ast.AsyncFunctionDef if node.asynchronous else ast.FunctionDef
        function = kind(
            name=identifier(node.name),
            args=self._expressions.parameters(node.params),
            body=self.suite(node.body),
            decorator_list=[self._expressions.expression(one.decorator) for one in node.decorators],
            returns=self._expressions.optional(node.returns.annotation if node.returns else None),
            type_comment=None,
            **self._whole(node),
        )
        return _without_type_parameters(function)

    def _class(self, node: cst.ClassDef) -> ast.stmt:
        bases, keywords = self._expressions.arguments([*node.bases, *node.keywords])
        definition = ast.ClassDef(
            name=identifier(node.name),
            bases=bases,
            keywords=keywords,
            body=self.suite(node.body),
            decorator_list=[self._expressions.expression(one.decorator) for one in node.decorators],
            **self._whole(node),
        )
        return _without_type_parameters(definition)


def _flat(nodes: Sequence[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """Statements without the lines that hold the small ones."""
    for node in nodes:
        if isinstance(node, cst.SimpleStatementLine):
            yield from node.body
        else:
            yield node


def _last_token(node: cst.CSTNode) -> cst.CSTNode:
    """What a statement ends with: its last small statement, or the semicolon after that."""
    while (last := _last_part(node)) is not None:
        node = last
    return node


def _last_part(node: cst.CSTNode) -> cst.CSTNode | None:
    """The part of a statement or block that stands last in it; None for a token or an expression."""
    match node:
        case cst.Try() | cst.TryStar():
            return node.finalbody or node.orelse or node.handlers[-1]
        case cst.If() | cst.For() | cst.While():
            return node.orelse or node.body
        case cst.Match():
            return node.cases[-1]
        case cst.BaseSuite() | cst.SimpleStatementLine():
            return node.body[-1]
        case cst.BaseCompoundStatement() | cst.Else() | cst.Finally() | cst.MatchCase():
            return node.body
        case cst.ExceptHandler() | cst.ExceptStarHandler():
            return node.body
        case cst.BaseSmallStatement():
            return node.semicolon if isinstance(node.semicolon, cst.Semicolon) else None
    return None


def _without_type_parameters(node: _Definition) -> _Definition:
    """The field that `ast` has for `[T]` where the running Python knows that grammar; nothing reads its content."""
    if sys.version_info >= (3, 12):
        node.type_params = []
    return node


_TRANSLATE: dict[type[cst.CSTNode], Callable[[StatementTranslation, Any], ast.stmt]] = {
    cst.Expr: StatementTranslation._expression,
    cst.Assign: StatementTranslation._assignment,
    cst.AnnAssign: StatementTranslation._annotated,
    cst.AugAssign: StatementTranslation._augmented,
    cst.TypeAlias: StatementTranslation._type_alias,
    cst.Return: StatementTranslation._return,
    cst.Raise: StatementTranslation._raise,
    cst.Assert: StatementTranslation._assert,
    cst.Del: StatementTranslation._delete,
    cst.Pass: StatementTranslation._pass,
    cst.Break: StatementTranslation._break,
    cst.Continue: StatementTranslation._continue,
    cst.Global: StatementTranslation._global,
    cst.Nonlocal: StatementTranslation._nonlocal,
    cst.Import: StatementTranslation._import,
    cst.ImportFrom: StatementTranslation._import_from,
    cst.If: StatementTranslation._if,
    cst.While: StatementTranslation._while,
    cst.For: StatementTranslation._for,
    cst.With: StatementTranslation._with,
    cst.Try: StatementTranslation._try,
    cst.TryStar: StatementTranslation._try,
    cst.Match: StatementTranslation._match,
    cst.FunctionDef: StatementTranslation._function,
    cst.ClassDef: StatementTranslation._class,
}
if hasattr(cst, "LazyImport"):  # PEP 810, since libcst 1.9
    _TRANSLATE[cst.LazyImport] = StatementTranslation._import
    _TRANSLATE[cst.LazyImportFrom] = StatementTranslation._import_from
