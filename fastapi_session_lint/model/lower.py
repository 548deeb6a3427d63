"""`ast` statements to the small language: one forward walk that also fills the scopes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastapi_session_lint.model import lower_definitions
from fastapi_session_lint.model.expressions import (
    DOCUMENTATION,
    NOTHING,
    Attribute,
    Collection,
    Constant,
    Name,
    Opaque,
    last_name,
)
from fastapi_session_lint.model.lower_expressions import ExpressionLowering
from fastapi_session_lint.model.newer_grammar import ALIASES
from fastapi_session_lint.model.syntax import (
    Assign,
    Break,
    Case,
    Continue,
    Declared,
    Delete,
    Do,
    For,
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

    def __init__(self, lines: Sequence[str]) -> None:
        """An empty module; `lines` are those of its file."""
        super().__init__(lines)
        self.star_imports: list[Imported] = []

    def suite(self, nodes: Sequence[ast.stmt]) -> Suite:
        """The statements of a block or module."""
        self.scope.depth += 1
        found = []
        for node in nodes:
            lowered = _LOWER[type(node)](self, node)
            if lowered is not None:
                found.append(lowered)
        self.scope.depth -= 1
        return tuple(found)

    def _expr(self, node: ast.Expr) -> Statement:
        place = self.statement_place(node)
        match node.value:
            case ast.Constant(str(text)) if "://" not in text:
                return Do(DOCUMENTATION, place)  # a text that stands alone says nothing
        return Do(self.expression(node.value), place)

    def _assign(self, node: ast.Assign) -> Statement:
        place = self.statement_place(node)
        targets = tuple([self.expression(target) for target in node.targets])
        value = self.expression(node.value)
        for target in targets:
            self.scope.bind_target(target, value, None, "=", place)
        return Assign(targets, value, place)

    def _annotated(self, node: ast.AnnAssign) -> Statement | None:
        place = self.statement_place(node)
        target = self.expression(node.target)
        annotation = self.annotated_type(node.annotation)
        if node.value is None:
            if isinstance(target, Name):
                self.scope.bind(target.id, Declared(annotation))
            elif isinstance(target, Attribute):
                self.scope.bind_target(target, NOTHING, annotation, "=", place)
            return None
        is_alias = last_name(annotation) == "TypeAlias"
        value = self.annotated_type(node.value) if is_alias else self.expression(node.value)
        self.scope.bind_target(target, value, annotation, "=", place)
        return Assign((target,), value, place)

    def _augmented(self, node: ast.AugAssign) -> Statement:
        place = self.statement_place(node)
        target = self.expression(node.target)
        value = self.expression(node.value)
        if isinstance(target, Name):
            self.scope.bind(target.id, Other())
        return Do(Opaque((target, value)), place)

    def _type_alias(self, node: Any) -> Statement:
        """`type X = …`; its node's class is missing from older Pythons."""
        place = self.statement_place(node)
        value = self.expression(node.value)
        target = Name(node.name.id)
        self.scope.bind_target(target, value, None, "=", place)
        return Assign((target,), value, place)

    def _return(self, node: ast.Return) -> Statement:
        place = self.statement_place(node)
        return Return(self.optional(node.value), place)

    def _raise(self, node: ast.Raise) -> Statement:
        place = self.statement_place(node)
        value = self.optional(node.exc)
        return Raise(value, self.optional(node.cause), place)

    def _assert(self, node: ast.Assert) -> Statement:
        place = self.statement_place(node)
        return Do(self.opaque(node.test, node.msg), place)

    def _break(self, node: ast.Break) -> Statement:
        return Break(self.statement_place(node))

    def _continue(self, node: ast.Continue) -> Statement:
        return Continue(self.statement_place(node))

    def _delete(self, node: ast.Delete) -> Statement:
        place = self.statement_place(node)
        targets = tuple(self.expression(one) for one in node.targets)
        if len(targets) == 1 and isinstance(targets[0], Collection):
            targets = targets[0].items
        return Delete(targets, place)

    def _global(self, node: ast.Global) -> None:
        """Only a global binds at the module; a nonlocal name is left to the function around."""
        if self.scope.kind == "function":
            self.scope.outer_names.update(node.names)

    def _pass(self, node: ast.Pass | ast.Nonlocal) -> None:
        """Nothing is said of a session."""

    def _import(self, node: ast.Import) -> None:
        place = self.statement_place(node)
        for alias in node.names:
            top = alias.name.partition(".")[0]
            bound, module = (alias.asname, alias.name) if alias.asname else (top, top)
            self.scope.bind(bound, Imported(module, None, 0, place))

    def _import_from(self, node: ast.ImportFrom) -> None:
        place = self.statement_place(node)
        module, level = node.module or "", node.level or 0
        for alias in node.names:
            if alias.name == "*":
                self.star_imports.append(Imported(module, "*", level, place))
            else:
                self.scope.bind(alias.asname or alias.name, Imported(module, alias.name, level, place))

    def _if(self, node: ast.If) -> Statement:
        place = self.statement_place(node)
        test = self.expression(node.test)
        body = self.suite(node.body)
        return If(test, body, self.suite(node.orelse), place)

    def _while(self, node: ast.While) -> Statement:
        place = self.statement_place(node)
        test = self.expression(node.test)
        body = self.suite(node.body)
        return While(test, body, self.suite(node.orelse), place)

    def _for(self, node: ast.For | ast.AsyncFor) -> Statement:
        place = self.statement_place(node)
        target = self.expression(node.target)
        iterable = self.expression(node.iter)
        is_async = type(node) is ast.AsyncFor
        self.scope.bind_target(target, iterable, None, "async for" if is_async else "for", place)
        body = self.suite(node.body)
        return For(target, iterable, body, self.suite(node.orelse), is_async, place)

    def _try(self, node: ast.Try | ast.TryStar) -> Statement:
        place = self.statement_place(node)
        body = self.suite(node.body)
        handlers = tuple([self._handler(one) for one in node.handlers])
        orelse = self.suite(node.orelse)
        return Try(body, handlers, orelse, self.suite(node.finalbody), place)

    def _handler(self, node: ast.ExceptHandler) -> Handler:
        place = self.place(node)
        types = self.optional(node.type)
        if node.name:
            self.scope.bind(node.name, Other())
        return Handler(types, node.name, self.suite(node.body), place)

    def _with(self, node: ast.With | ast.AsyncWith) -> Statement:
        place = self.statement_place(node)
        is_async = type(node) is ast.AsyncWith
        items = []
        for item in node.items:
            context = self.expression(item.context_expr)
            target = self.optional(item.optional_vars)
            if target is not None:
                self.scope.bind_target(target, context, None, "async with" if is_async else "with", place)
            items.append(WithItem(context, target))
        return With(tuple(items), self.suite(node.body), is_async, place)

    def _match(self, node: ast.Match) -> Statement:
        place = self.statement_place(node)
        subject = self.expression(node.subject)
        return Match(subject, tuple(self._case(case) for case in node.cases), place)

    def _case(self, node: ast.match_case) -> Case:
        names = tuple(_bound_names(node.pattern))
        for name in names:
            self.scope.bind(name, Other())
        guard = self.optional(node.guard)
        irrefutable = isinstance(node.pattern, ast.MatchAs) and node.pattern.pattern is None and guard is None
        return Case(names, guard, irrefutable, self.suite(node.body))


def _bound_names(pattern: ast.pattern) -> Iterator[str]:
    """The names that a pattern binds; its values hold no calls."""
    for one in ast.walk(pattern):
        name = one.rest if isinstance(one, ast.MatchMapping) else getattr(one, "name", None)
        if isinstance(name, str):
            yield name


def exported_names(body: Suite) -> tuple[str, ...] | None:
    """What a module's `__all__` lists, None when it has none or one that cannot be read."""
    found: tuple[str, ...] | None = None
    for statement in body:
        match statement:
            case Assign((Name("__all__"),), Collection(_, items), _):
                found = tuple(str(item.value) for item in items if isinstance(item, Constant) and item.kind == "text")
    return found


_LOWER: dict[type[ast.AST], Callable[[StatementLowering, Any], Statement | None]] = {
    ast.Expr: StatementLowering._expr,
    ast.Assign: StatementLowering._assign,
    ast.AnnAssign: StatementLowering._annotated,
    ast.AugAssign: StatementLowering._augmented,
    ast.Return: StatementLowering._return,
    ast.Raise: StatementLowering._raise,
    ast.Assert: StatementLowering._assert,
    ast.Break: StatementLowering._break,
    ast.Continue: StatementLowering._continue,
    ast.Delete: StatementLowering._delete,
    ast.Global: StatementLowering._global,
    ast.Nonlocal: StatementLowering._pass,
    ast.Pass: StatementLowering._pass,
    ast.Import: StatementLowering._import,
    ast.ImportFrom: StatementLowering._import_from,
    ast.If: StatementLowering._if,
    ast.While: StatementLowering._while,
    ast.For: StatementLowering._for,
    ast.AsyncFor: StatementLowering._for,
    ast.Try: StatementLowering._try,
    ast.TryStar: StatementLowering._try,
    ast.With: StatementLowering._with,
    ast.AsyncWith: StatementLowering._with,
    ast.Match: StatementLowering._match,
    ast.FunctionDef: lower_definitions.function,
    ast.AsyncFunctionDef: lower_definitions.function,
    ast.ClassDef: lower_definitions.class_,
    **dict.fromkeys(ALIASES, StatementLowering._type_alias),
}
