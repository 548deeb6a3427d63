"""libcst statements to the small language: one forward walk that also fills the scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import libcst as cst

from fastapi_session_lint.model.expressions import NOTHING, Attribute, Collection, Constant, Name, Opaque, last_name
from fastapi_session_lint.model.lower_expressions import ExpressionLowering
from fastapi_session_lint.model.scopes import ScopeBuilder
from fastapi_session_lint.model.syntax import (
    Assign,
    Break,
    Case,
    Class,
    Continue,
    Declared,
    Define,
    Delete,
    Do,
    For,
    Function,
    Handler,
    If,
    Imported,
    Match,
    Other,
    Raise,
    Return,
    Statement,
    Suite,
    Try,
    While,
    With,
    WithItem,
)


class StatementLowering(ExpressionLowering):
    """The walk over the statements of one module."""

    def __init__(self) -> None:
        """An empty module."""
        super().__init__()
        self.star_imports: list[Imported] = []

    def suite(self, node: cst.BaseSuite | cst.Module) -> Suite:
        """The statements of a block or module."""
        self.scope.depth += 1
        found = tuple(self._statements(node.body))
        self.scope.depth -= 1
        return found

    def _statements(self, nodes: Sequence[cst.CSTNode]) -> Iterator[Statement]:
        for node in nodes:
            if type(node) is cst.SimpleStatementLine:
                yield from self._statements(node.body)
            else:
                lower = _LOWER.get(type(node))
                lowered = lower(self, node) if lower else None
                if lowered is not None:
                    yield lowered

    def _expr(self, node: cst.Expr) -> Statement:
        place = self.mark("statement", node)
        return Do(self.expression(node.value), place)

    def _assign(self, node: cst.Assign) -> Statement:
        place = self.mark("statement", node)
        targets = tuple(self.expression(target.target) for target in node.targets)
        value = self.expression(node.value)
        for target in targets:
            self.bind_target(target, value, None, "=", place)
        return Assign(targets, value, place)

    def _annotated(self, node: cst.AnnAssign) -> Statement | None:
        place = self.mark("statement", node)
        target = self.expression(node.target)
        annotation = self.annotation(node.annotation) or NOTHING
        if node.value is None:
            if isinstance(target, Name):
                self.scope.bind(target.id, Declared(annotation))
            elif isinstance(target, Attribute):
                self.bind_target(target, NOTHING, annotation, "=", place)
            return None
        is_alias = last_name(annotation) == "TypeAlias"
        value = self.annotated_type(node.value) if is_alias else self.expression(node.value)
        self.bind_target(target, value, annotation, "=", place)
        return Assign((target,), value, place)

    def _augmented(self, node: cst.AugAssign) -> Statement:
        place = self.mark("statement", node)
        target = self.expression(node.target)
        value = self.expression(node.value)
        if isinstance(target, Name):
            self.scope.bind(target.id, Other())
        return Do(Opaque((target, value)), place)

    def _type_alias(self, node: cst.TypeAlias) -> Statement:
        place = self.mark("statement", node)
        value = self.expression(node.value)
        target = Name(node.name.value)
        self.bind_target(target, value, None, "=", place)
        return Assign((target,), value, place)

    def _return(self, node: cst.Return) -> Statement:
        place = self.mark("statement", node)
        return Return(self.optional(node.value), place)

    def _raise(self, node: cst.Raise) -> Statement:
        place = self.mark("statement", node)
        value = self.optional(node.exc)
        cause = node.cause.item if node.cause else None
        return Raise(value, self.optional(cause), place)

    def _assert(self, node: cst.Assert) -> Statement:
        place = self.mark("statement", node)
        return Do(self._opaque(node.test, node.msg), place)

    def _break(self, node: cst.Break) -> Statement:
        return Break(self.mark("statement", node))

    def _continue(self, node: cst.Continue) -> Statement:
        return Continue(self.mark("statement", node))

    def _delete(self, node: cst.Del) -> Statement:
        place = self.mark("statement", node)
        target = self.expression(node.target)
        return Delete(target.items if isinstance(target, Collection) else (target,), place)

    def _outer_names(self, node: cst.Global | cst.Nonlocal) -> None:
        """Only a global binds at the module; a nonlocal name is left to the function around."""
        self.mark("statement", node)
        if isinstance(node, cst.Global) and self.scope.kind == "function":
            self.scope.outer_names.update(item.name.value for item in node.names)

    def _pass(self, node: cst.Pass) -> None:
        self.mark("statement", node)

    def _import(self, node: cst.Import) -> None:
        place = self.mark("statement", node)
        for alias in node.names:
            module = _dotted_text(alias.name)
            if alias.asname is None:
                top = module.partition(".")[0]
                self.scope.bind(top, Imported(top, None, 0, place))
            elif isinstance(alias.asname.name, cst.Name):
                self.scope.bind(alias.asname.name.value, Imported(module, None, 0, place))

    def _import_from(self, node: cst.ImportFrom) -> None:
        place = self.mark("statement", node)
        module = _dotted_text(node.module) if node.module else ""
        level = len(node.relative)
        if isinstance(node.names, cst.ImportStar):
            self.star_imports.append(Imported(module, "*", level, place))
            return
        for alias in node.names:
            name = _dotted_text(alias.name)
            bound = alias.asname.name if alias.asname else alias.name
            if isinstance(bound, cst.Name):
                self.scope.bind(bound.value, Imported(module, name, level, place))

    def _if(self, node: cst.If) -> Statement:
        place = self.mark("statement", node)
        test = self.expression(node.test)
        body = self.suite(node.body)
        return If(test, body, self._orelse(node.orelse), place)

    def _orelse(self, node: cst.If | cst.Else | None) -> Suite:
        if node is None:
            return ()
        return (self._if(node),) if isinstance(node, cst.If) else self.suite(node.body)

    def _while(self, node: cst.While) -> Statement:
        place = self.mark("statement", node)
        test = self.expression(node.test)
        body = self.suite(node.body)
        return While(test, body, self._orelse(node.orelse), place)

    def _for(self, node: cst.For) -> Statement:
        place = self.mark("statement", node)
        target = self.expression(node.target)
        iterable = self.expression(node.iter)
        is_async = node.asynchronous is not None
        self.bind_target(target, iterable, None, "async for" if is_async else "for", place)
        body = self.suite(node.body)
        return For(target, iterable, body, self._orelse(node.orelse), is_async, place)

    def _try(self, node: cst.Try | cst.TryStar) -> Statement:
        place = self.mark("statement", node)
        body = self.suite(node.body)
        handlers = tuple(self._handler(one) for one in node.handlers)
        orelse = self.suite(node.orelse.body) if node.orelse else ()
        finalbody = self.suite(node.finalbody.body) if node.finalbody else ()
        return Try(body, handlers, orelse, finalbody, place)

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> Handler:
        place = self.mark("handler", node)
        types = self.optional(node.type)
        name = node.name.name.value if node.name and isinstance(node.name.name, cst.Name) else None
        if name:
            self.scope.bind(name, Other())
        return Handler(types, name, self.suite(node.body), place)

    def _with(self, node: cst.With) -> Statement:
        place = self.mark("statement", node)
        is_async = node.asynchronous is not None
        items = []
        for item in node.items:
            context = self.expression(item.item)
            target = self.expression(item.asname.name) if item.asname else None
            if target is not None:
                self.bind_target(target, context, None, "async with" if is_async else "with", place)
            items.append(WithItem(context, target))
        return With(tuple(items), self.suite(node.body), is_async, place)

    def _match(self, node: cst.Match) -> Statement:
        place = self.mark("statement", node)
        subject = self.expression(node.subject)
        return Match(subject, tuple(self._case(case) for case in node.cases), place)

    def _case(self, node: cst.MatchCase) -> Case:
        names: list[str] = []
        self._pattern(node.pattern, names)
        for name in names:
            self.scope.bind(name, Other())
        guard = self.optional(node.guard)
        irrefutable = isinstance(node.pattern, cst.MatchAs) and node.pattern.pattern is None and guard is None
        return Case(tuple(names), guard, irrefutable, self.suite(node.body))

    def _pattern(self, node: cst.CSTNode, names: list[str]) -> None:
        """Collect the names that a pattern binds; its values hold no calls."""
        for child in node.children:
            if isinstance(child, cst.Name) and isinstance(node, cst.MatchAs | cst.MatchStar | cst.MatchMapping):
                names.append(child.value)
            else:
                self._pattern(child, names)

    def _function(self, node: cst.FunctionDef) -> Statement:
        """A decorator is read before the mark of the def, as it stands before it in the source."""
        decorator_places = tuple(self.mark("decorator", one.decorator) for one in node.decorators)
        decorators = tuple(self.expression(one.decorator) for one in node.decorators)
        place = self.mark("statement", node)
        outer = self.scope
        inner = ScopeBuilder("function", _qualified(outer, node.name.value), outer)
        parameters = self.parameters(node.params, inner)
        returns = self.annotation(node.returns)
        self.scope = inner
        body = self.suite(node.body)
        self.scope = outer
        outer.reads |= inner.free_names()
        function = Function(
            name=node.name.value,
            qualified_name=inner.name,
            parameters=parameters,
            decorators=decorators,
            decorator_places=decorator_places,
            returns=returns,
            is_async=node.asynchronous is not None,
            is_generator=bool(inner.yields),
            body=body,
            bindings=inner.frozen_bindings(),
            last_bindings=inner.frozen_last(),
            outer_names=frozenset(inner.outer_names),
            reads=inner.free_names(),
            calls=tuple(inner.calls),
            yields=tuple(inner.yields),
            stores=tuple(inner.stores),
            lambdas=tuple(inner.lambdas),
            place=place,
        )
        outer.bind(function.name, function)
        return Define(function, place)

    def _class(self, node: cst.ClassDef) -> Statement:
        decorators = tuple(self.expression(one.decorator) for one in node.decorators)
        place = self.mark("statement", node)
        outer = self.scope
        inner = ScopeBuilder("class", _qualified(outer, node.name.value), outer)
        bases = tuple(self.expression(one.value) for one in node.bases)
        keywords = tuple(self.argument(one) for one in node.keywords)
        self.scope = inner
        body = self.suite(node.body)
        self.scope = outer
        outer.reads |= inner.reads
        definition = Class(
            name=node.name.value,
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


def _qualified(scope: ScopeBuilder, name: str) -> str:
    return f"{scope.name}.{name}" if scope.name else name


def _dotted_text(node: cst.CSTNode) -> str:
    """`a.b.c` of an import statement."""
    if isinstance(node, cst.Attribute):
        return f"{_dotted_text(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def exported_names(body: Suite) -> tuple[str, ...] | None:
    """What a module's `__all__` lists, None when it has none or one that cannot be read."""
    found: tuple[str, ...] | None = None
    for statement in body:
        match statement:
            case Assign((Name("__all__"),), Collection(_, items), _):
                found = tuple(str(item.value) for item in items if isinstance(item, Constant) and item.kind == "text")
    return found


_LOWER: dict[type[cst.CSTNode], Callable[[StatementLowering, Any], Statement | None]] = {
    cst.Expr: StatementLowering._expr,
    cst.Assign: StatementLowering._assign,
    cst.AnnAssign: StatementLowering._annotated,
    cst.AugAssign: StatementLowering._augmented,
    cst.TypeAlias: StatementLowering._type_alias,
    cst.Return: StatementLowering._return,
    cst.Raise: StatementLowering._raise,
    cst.Assert: StatementLowering._assert,
    cst.Break: StatementLowering._break,
    cst.Continue: StatementLowering._continue,
    cst.Del: StatementLowering._delete,
    cst.Global: StatementLowering._outer_names,
    cst.Nonlocal: StatementLowering._outer_names,
    cst.Pass: StatementLowering._pass,
    cst.Import: StatementLowering._import,
    cst.ImportFrom: StatementLowering._import_from,
    cst.If: StatementLowering._if,
    cst.While: StatementLowering._while,
    cst.For: StatementLowering._for,
    cst.Try: StatementLowering._try,
    cst.TryStar: StatementLowering._try,
    cst.With: StatementLowering._with,
    cst.Match: StatementLowering._match,
    cst.FunctionDef: StatementLowering._function,
    cst.ClassDef: StatementLowering._class,
}
