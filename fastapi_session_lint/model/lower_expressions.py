"""`ast` expressions to the small language, in the order of the source, so that places fall in that order too.

Variables of a comprehension get a name of their own (`x` becomes `x@3`), since they live apart.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastapi_session_lint.model import lower_definitions, lower_operations
from fastapi_session_lint.model.expressions import (
    NOTHING,
    NOWHERE,
    Argument,
    Attribute,
    Await,
    Call,
    Comprehension,
    Constant,
    Expression,
    Generator,
    Name,
    Opaque,
    Template,
    Walrus,
    Yield,
)
from fastapi_session_lint.model.lower_operations import KINDS
from fastapi_session_lint.model.newer_grammar import TemplateStr
from fastapi_session_lint.model.places import SIZE
from fastapi_session_lint.model.scopes import ScopeBuilder
from fastapi_session_lint.model.syntax import Assigned


class ExpressionLowering:
    """The walk over the expressions of one module; `scope` is the innermost scope at each moment."""

    def __init__(self, lines: Sequence[str]) -> None:
        """`lines` are those of the file, to turn UTF-8 columns into code points."""
        self.scope = ScopeBuilder("module", "", None)
        self.places: list[int] = []
        self._lines = None if all(map(str.isascii, lines)) else lines
        self._renamed: dict[str, str] = {}
        self._comprehensions = 0
        self._in_string = 0
        self._in_annotation = 0
        self._statement = NOWHERE

    def place(self, node: ast.expr | ast.arg | ast.excepthandler) -> int:
        """The place of a node; within a string that of its statement, since Pythons disagree there."""
        return self._statement if self._in_string else self._noted(node)

    def statement_place(self, node: ast.stmt) -> int:
        """The place of a statement."""
        self._statement = self._noted(node)
        return self._statement

    def _noted(self, node: ast.stmt | ast.expr | ast.arg | ast.excepthandler) -> int:
        row, column = node.lineno, node.col_offset
        end_row, end_column = node.end_lineno or row, node.end_col_offset or 0
        if self._lines is not None:
            column, end_column = self._code_points(row, column), self._code_points(end_row, end_column)
        self.places += row, column, end_row, end_column
        return len(self.places) // SIZE - 1

    def _code_points(self, row: int, column: int) -> int:
        lines = self._lines or ()
        line = lines[row - 1] if row <= len(lines) else ""
        return column if line.isascii() else len(line.encode()[:column].decode(errors="replace"))

    def expression(self, node: ast.expr) -> Expression:
        """An expression in the small language."""
        lower = _LOWER.get(type(node))
        return NOTHING if lower is None else lower(self, node)

    def optional(self, node: ast.expr | None) -> Expression | None:
        """An expression, or None for None."""
        return None if node is None else self.expression(node)

    def annotation(self, node: ast.expr | None) -> Expression | None:
        """An annotation, or None for None; what stands in quotes is read as code, and has no place of its own."""
        return None if node is None else self.annotated_type(node)

    def annotated_type(self, node: ast.expr) -> Expression:
        """An expression that names a type."""
        self._in_annotation += 1
        found = self.expression(node)
        self._in_annotation -= 1
        return found

    def _quoted(self, text: str) -> Expression | None:
        """A quoted annotation as an expression, None where it is none."""
        try:
            node = ast.parse(text, mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        self._in_string += 1
        found = self.expression(node)
        self._in_string -= 1
        return found

    def opaque(self, *nodes: ast.expr | None) -> Expression:
        """Nodes in source order as one expression that keeps those that say something."""
        parts = [self.expression(node) for node in nodes if node is not None]
        kept = tuple(one for one in parts if one is not NOTHING and (type(one) is not Constant or _is_address(one)))
        return Opaque(kept) if kept else NOTHING

    def _name(self, node: ast.Name) -> Expression:
        text = self._renamed.get(node.id, node.id) if self._renamed else node.id
        self.scope.reads.add(text)
        return Name(text)

    def _attribute(self, node: ast.Attribute) -> Expression:
        return Attribute(self.expression(node.value), node.attr)

    def _call(self, node: ast.Call) -> Expression:
        around, self._in_annotation = self._in_annotation, 0  # what a marker in `Annotated[…]` is given is no type
        function = self.expression(node.func)
        call = Call(function, self._arguments(node), self.place(node))
        self._in_annotation = around
        self.scope.calls.append(call)
        return call

    def _arguments(self, node: ast.Call) -> tuple[Argument, ...]:
        """The arguments as they stand: a starred one may follow a keyword."""
        given: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
        if node.keywords and any(type(one) is ast.Starred for one in node.args):
            given.sort(key=lambda one: (one.lineno, one.col_offset))
        return tuple(self.argument(one) for one in given)

    def argument(self, node: ast.expr | ast.keyword) -> Argument:
        """One argument."""
        if type(node) is ast.keyword:
            return Argument(node.arg, self.expression(node.value), "" if node.arg else "**")
        if type(node) is ast.Starred:
            return Argument(None, self.expression(node.value), "*")
        assert isinstance(node, ast.expr)
        return Argument(None, self.expression(node), "")

    def _await(self, node: ast.Await) -> Expression:
        value = self.expression(node.value)
        return Await(value, self.place(node))

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> Expression:
        value = self.optional(node.value)
        found = Yield(value, type(node) is ast.YieldFrom, self.place(node))
        self.scope.yields.append(found)
        return found

    def _constant(self, node: ast.Constant) -> Expression:
        value = node.value
        if isinstance(value, str):
            if self._in_annotation and not self._in_string and (quoted := self._quoted(value)) is not None:
                return quoted
            return _text(value, self.place(node) if "://" in value else NOWHERE)
        if value is None or isinstance(value, bool):
            return Constant("keyword", value, NOWHERE)
        if isinstance(value, bytes):
            return Constant("bytes", None, NOWHERE)
        return (
            Constant("keyword", "...", NOWHERE)
            if value is ...
            else Constant("number", sys.intern(repr(value)), NOWHERE)
        )

    def _formatted(self, node: ast.JoinedStr) -> Expression:
        """An f-string or a t-string, with the literals beside it."""
        self._in_string += 1
        parts = tuple(self._string_parts(node))
        self._in_string -= 1
        literal = "".join(str(part.value) for part in parts if isinstance(part, Constant) and part.kind == "text")
        place = self.place(node) if "://" in literal else NOWHERE
        if type(node) is ast.JoinedStr and all(isinstance(part, Constant) for part in parts):
            return _text(literal, place)
        return Template(parts, place)

    def _string_parts(self, node: ast.JoinedStr) -> Iterator[Expression]:
        for part in node.values:
            if isinstance(part, ast.Constant):
                yield _text(str(part.value), NOWHERE)
            elif (inner := getattr(part, "value", None)) is not None:
                yield self.expression(inner)
                if (spec := getattr(part, "format_spec", None)) is not None:
                    yield from (one for one in self._string_parts(spec) if not isinstance(one, Constant))

    def _walrus(self, node: ast.NamedExpr) -> Expression:
        value = self.expression(node.value)
        target = node.target.id
        self.scope.bind(target, Assigned(value, None, "=", None, NOWHERE))
        return Walrus(target, value)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Expression:
        """The targets are renamed before the element, which stands first in the source, is read."""
        outer = dict(self._renamed)
        self._comprehensions += 1
        for loop in node.generators:
            for name in _target_names(loop.target):
                self._renamed[name] = f"{name}@{self._comprehensions}"
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        elements = tuple(self.expression(one) for one in parts)
        generators = tuple(self._generator(loop) for loop in node.generators)
        self._renamed = outer
        return Comprehension(KINDS[type(node)], elements, generators)

    def _generator(self, loop: ast.comprehension) -> Generator:
        target = self.expression(loop.target)
        iterable = self.expression(loop.iter)
        conditions = tuple(self.expression(one) for one in loop.ifs)
        self.scope.bind_target(target, iterable, None, "async for" if loop.is_async else "for", NOWHERE)
        return Generator(target, iterable, conditions, bool(loop.is_async))


def _is_address(part: Constant) -> bool:
    return isinstance(part.value, str) and "://" in part.value


def _target_names(target: ast.expr) -> list[str]:
    match target:
        case ast.Name(name):
            return [name]
        case ast.Starred(value):
            return _target_names(value)
        case ast.Tuple(items) | ast.List(items):
            return [name for one in items for name in _target_names(one)]
    return []


def _text(text: str, place: int) -> Constant:
    """A text, kept once for all that are the same: most stand in several places, and in several files."""
    return Constant("text", sys.intern(text), place)


_LOWER: dict[type[ast.AST], Callable[[ExpressionLowering, Any], Expression]] = {
    ast.Name: ExpressionLowering._name,
    ast.Attribute: ExpressionLowering._attribute,
    ast.Call: ExpressionLowering._call,
    ast.Await: ExpressionLowering._await,
    ast.Yield: ExpressionLowering._yield,
    ast.YieldFrom: ExpressionLowering._yield,
    ast.Constant: ExpressionLowering._constant,
    ast.JoinedStr: ExpressionLowering._formatted,
    TemplateStr: ExpressionLowering._formatted,
    ast.Tuple: lower_operations.collection,
    ast.List: lower_operations.collection,
    ast.Set: lower_operations.collection,
    ast.Dict: lower_operations.mapping,
    ast.Subscript: lower_operations.subscript,
    ast.Slice: lower_operations.part,
    ast.IfExp: lower_operations.choice,
    ast.BoolOp: lower_operations.logic,
    ast.UnaryOp: lower_operations.unary,
    ast.BinOp: lower_operations.binary,
    ast.Compare: lower_operations.comparison,
    ast.NamedExpr: ExpressionLowering._walrus,
    ast.Lambda: lower_definitions.function_of_lambda,
    ast.ListComp: ExpressionLowering._comprehension,
    ast.SetComp: ExpressionLowering._comprehension,
    ast.DictComp: ExpressionLowering._comprehension,
    ast.GeneratorExp: ExpressionLowering._comprehension,
    ast.Starred: lower_operations.starred,
}
