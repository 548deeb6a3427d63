"""A parsed file as the fixes ask it: nodes by span, parents, points in the text, rows."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from fastapi_session_lint.findings import Span
from fastapi_session_lint.fixes.edits import Point
from fastapi_session_lint.fixes.shortened import Shortened
from fastapi_session_lint.source import split_lines

Node = TypeVar("Node", bound=cst.CSTNode)
Scope = cst.FunctionDef | cst.Lambda | cst.ClassDef | cst.Module

_SOUGHT = (
    cst.Call,
    cst.Yield,
    cst.Return,
    cst.Await,
    cst.ExceptHandler,
    cst.ExceptStarHandler,
    cst.With,
    cst.FunctionDef,
    cst.ImportFrom,
)
_STRINGS = (cst.SimpleString, cst.FormattedString, cst.TemplatedString)
_INDENTATION = re.compile(r"[ \t]*")


class LeftOut(Exception):
    """A question that needs the whole file was asked of a tree that has a part of it."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One parsed file. `frozen_rows` begin inside a string, so that no white space may be put at their start.

    `left_out` are the words of those definitions at module level that are not in the tree: see shortened. What would
    have to look into one of them raises LeftOut.
    """

    module: cst.Module
    lines: tuple[str, ...]
    positions: Mapping[cst.CSTNode, CodeRange]
    parents: Mapping[cst.CSTNode, cst.CSTNode]
    sought: Mapping[Point, tuple[cst.CSTNode, ...]]
    frozen_rows: frozenset[int]
    left_out: frozenset[str] = frozenset()

    def everywhere(self, name: str) -> cst.Module:
        """The module, for one who looks for a name all over the file. Raises LeftOut where it may stand elsewhere."""
        if name in self.left_out:
            raise LeftOut
        return self.module

    @property
    def default_indent(self) -> str:
        """By what most blocks of the file are indented. Raises LeftOut."""
        if self.left_out:
            raise LeftOut
        return self.module.default_indent

    def start(self, node: cst.CSTNode) -> Point:
        """Where a node begins, its own parentheses included."""
        brackets = node.lpar if isinstance(node, cst.BaseExpression) else ()
        found = self.positions[brackets[0] if brackets else node].start
        return found.line, found.column

    def end(self, node: cst.CSTNode) -> Point:
        """Where a node ends, exclusive, its own parentheses included."""
        brackets = node.rpar if isinstance(node, cst.BaseExpression) else ()
        found = self.positions[brackets[-1] if brackets else node].end
        return found.line, found.column

    def bare_start(self, node: cst.CSTNode) -> Point:
        """Where a node begins inside its own parentheses."""
        found = self.positions[node].start
        return found.line, found.column

    def bare_end(self, node: cst.CSTNode) -> Point:
        """Where a node ends inside its own parentheses."""
        found = self.positions[node].end
        return found.line, found.column

    def source(self, start: Point, end: Point) -> str:
        """The text between two points."""
        if start[0] == end[0]:
            return self.lines[start[0] - 1][start[1] : end[1]]
        between = self.lines[start[0] : end[0] - 1]
        last = self.lines[end[0] - 1][: end[1]] if end[0] <= len(self.lines) else ""
        return "".join([self.lines[start[0] - 1][start[1] :], *between, last])

    def source_of(self, node: cst.CSTNode) -> str:
        """The text of a node, its own parentheses included."""
        return self.source(self.start(node), self.end(node))

    def line(self, row: int) -> str:
        """The text of a row without its line ending."""
        return self.lines[row - 1].rstrip("\r\n")

    def is_blank(self, row: int) -> bool:
        """Whether a row holds nothing but white space."""
        return not self.line(row).strip()

    def is_comment(self, row: int) -> bool:
        """Whether a row holds a comment alone; only asked for rows between statements."""
        return self.line(row).lstrip().startswith("#")

    def indentation(self, row: int) -> str:
        """The white space at the head of a row."""
        found = _INDENTATION.match(self.line(row))
        return found.group() if found else ""

    def row_end(self, row: int) -> Point:
        """The point at the end of a row, before its line ending."""
        return row, len(self.line(row))

    def newline(self, row: int) -> str:
        """The line ending at a row; the file's usual one for a last row that has none."""
        ending = self.lines[row - 1][len(self.line(row)) :]
        if not ending and self.left_out:
            raise LeftOut
        return ending or self.module.default_newline

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that holds this one."""
        return self.parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes that hold this one, from the inside out."""
        above = self.parents.get(node)
        while above is not None:
            yield above
            above = self.parents.get(above)

    def scope(self, node: cst.CSTNode) -> Scope:
        """The function, lambda, class or module in whose body a node stands."""
        for above in self.ancestors(node):
            if isinstance(above, Scope):
                return above
        return self.module

    def is_in_async_function(self, node: cst.CSTNode) -> bool:
        """Whether `await` and `async with` are allowed where a statement stands."""
        scope = self.scope(node)
        return isinstance(scope, cst.FunctionDef) and scope.asynchronous is not None

    def find(self, span: Span, kind: type[Node]) -> Node | None:
        """The node of a kind at a span; its end decides where several begin there."""
        found = [node for node in self.sought.get((span.row, span.column), ()) if isinstance(node, kind)]
        exact = [node for node in found if self.bare_end(node) == (span.end_row, span.end_column)]
        if exact:
            return exact[0]
        return found[0] if len(found) == 1 and not isinstance(found[0], cst.Call) else None


_TRIVIA = re.compile(
    r"whitespace|lines|comma|semicolon|equal|colon|dot|indent|header|footer|newline|asynchronous|operator"
    r"|[lr](par|bracket|brace)|star$|posonly_ind|encoding|default_"
)
_IN_SOURCE_ORDER: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.FunctionDef: ("decorators", "name", "type_parameters", "params", "returns", "body"),
    cst.ClassDef: ("decorators", "name", "type_parameters", "bases", "keywords", "body"),
    cst.ExceptHandler: ("type", "name", "body"),
    cst.ExceptStarHandler: ("type", "name", "body"),
    cst.MatchCase: ("pattern", "guard", "body"),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
    cst.Param: ("name", "annotation", "default"),
    cst.Arg: ("keyword", "value"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.ImportFrom: ("relative", "module", "names"),
}


@functools.cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node type that may hold more than white space and punctuation."""
    known = _IN_SOURCE_ORDER.get(kind)
    return known or tuple(one.name for one in dataclasses.fields(kind) if not _TRIVIA.search(one.name))


class _Kinds(dict[type[Any], bool]):
    """Whether types are among some, found out once; libcst's are abstract, which `isinstance` is slow with."""

    def __init__(self, wanted: type[Any] | tuple[type[Any], ...]) -> None:
        super().__init__()
        self._wanted = wanted

    def __missing__(self, kind: type[Any]) -> bool:
        self[kind] = is_wanted = issubclass(kind, self._wanted)
        return is_wanted


_IS_NODE = _Kinds(cst.CSTNode)
_IS_SOUGHT = _Kinds(_SOUGHT)
_IS_STRING = _Kinds(_STRINGS)


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The parts of a node without its trivia, in the order of the source; libcst's own way runs a visitor for it."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if type(value) is tuple or type(value) is list:
            yield from (one for one in value if _IS_NODE[type(one)])
        elif _IS_NODE[type(value)]:
            yield value


class _Wrapper(MetadataWrapper):
    """One that walks through a tree only where somebody asks for it: for positions alone it would do so, too."""

    def visit_batched(
        self,
        visitors: Iterable[cst.BatchableCSTVisitor],
        before_visit: Callable[[cst.CSTNode], None] | None = None,
        after_leave: Callable[[cst.CSTNode], None] | None = None,
    ) -> cst.CSTNode:
        """Walk through the tree with the visitors, if there are any."""
        given = list(visitors)
        return super().visit_batched(given, before_visit, after_leave) if given else self.module


def parse(text: str, short: Shortened | None = None) -> Tree | None:
    """The tree of a file, of what it was shortened to if it was; None when libcst cannot read it or does not keep every
    character of it.
    """
    code, left_out = short or (text, frozenset())
    try:
        wrapper = _Wrapper(cst.parse_module(code), unsafe_skip_copy=True)
        if wrapper.module.code != code:
            return None
        positions = wrapper.resolve(PositionProvider)
        parents = _parents(wrapper.module)
    except (cst.ParserSyntaxError, RecursionError):
        return None
    lines = tuple(split_lines(text))
    frozen_rows = frozenset(_frozen_rows(positions))
    return Tree(wrapper.module, lines, positions, parents, _sought(positions), frozen_rows, left_out)


def _parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    """The node that holds each node, trivia apart; libcst's provider runs two visitors for it."""
    found: dict[cst.CSTNode, cst.CSTNode] = {}
    waiting: list[cst.CSTNode] = [module]
    while waiting:
        node = waiting.pop()
        for child in children(node):
            found[child] = node
            waiting.append(child)
    return found


def _sought(positions: Mapping[cst.CSTNode, CodeRange]) -> dict[Point, tuple[cst.CSTNode, ...]]:
    found: dict[Point, tuple[cst.CSTNode, ...]] = {}
    for node, place in positions.items():
        if _IS_SOUGHT[type(node)]:
            point = (place.start.line, place.start.column)
            found[point] = (*found.get(point, ()), node)
    return found


def _frozen_rows(positions: Mapping[cst.CSTNode, CodeRange]) -> Iterator[int]:
    for node, place in positions.items():
        if _IS_STRING[type(node)]:
            yield from range(place.start.line + 1, place.end.line + 1)
