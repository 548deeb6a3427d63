"""Where the marked nodes stand: lent by `ast`, which is ten times as quick as libcst, measured by libcst otherwise.

Both trees hold the same calls, awaits, yields and statements; sorted by where they end (or begin) they stand in the
same order, so the n-th mark of a kind is the n-th node of that kind. Counts and callee names are compared, and where
they differ, or `ast` of the running Python cannot read the grammar, libcst's PositionProvider measures.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from fastapi_session_lint.findings import Span
from fastapi_session_lint.model.scopes import Mark

_KIND: dict[type[ast.AST], str] = {
    ast.Call: "call",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
    ast.arg: "parameter",
    ast.ExceptHandler: "handler",
}
_PLAIN_FIELDS = frozenset(
    {
        "ctx", "op", "ops", "id", "attr", "arg", "name", "names", "module", "level", "is_async", "conversion",
        "type_comment", "kind", "simple", "asname", "lineno", "tag", "rest", "kwd_attrs", "pattern", "str",
    }
)  # fmt: skip
_TEXTS = ("Constant", "JoinedStr", "TemplateStr")


def _entry(kind: type[ast.AST]) -> tuple[str, tuple[str, ...]]:
    """A node type's mark, and those of its fields that hold nodes."""
    if kind.__name__ in _TEXTS:
        return "text", ()
    if issubclass(kind, ast.pattern | ast.expr_context):
        return "", ()
    mark = "statement" if issubclass(kind, ast.stmt) else _KIND.get(kind, "")
    return mark, tuple(name for name in kind._fields if name not in _PLAIN_FIELDS)


class _Table(dict[type[ast.AST], tuple[str, tuple[str, ...]]]):
    """Entries by node type, made when a type is first met."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, tuple[str, ...]]:
        self[kind] = entry = _entry(kind)
        return entry


_TABLE = _Table()
_BY_END = frozenset({"call", "await", "yield", "text"})


def lent_places(marks: Sequence[Mark], statements: Sequence[ast.stmt], lines: Sequence[str]) -> tuple[Span, ...] | None:
    """The span of each mark by the `ast` of the same statements, None when the two trees do not agree.

    `lines` are those of the file, to turn `ast`'s UTF-8 columns into code points.
    """
    nodes = _nodes_by_kind(statements)
    counters = dict.fromkeys(nodes, 0)
    spans = []
    for kind, node in marks:
        index = counters.get(kind, 0)
        if index >= len(nodes.get(kind, ())):
            return None
        lent = nodes[kind][index]
        counters[kind] = index + 1
        if kind == "call" and _callee(node) != _callee_of(lent):
            return None
        spans.append(_span(lent, lines))
    if any(counters[kind] != len(nodes[kind]) for kind in nodes):
        return None
    return tuple(spans)


def measured_places(marks: Sequence[Mark], module: cst.Module) -> tuple[Span, ...]:
    """The span of each mark by libcst; slow, for files whose grammar `ast` does not know."""
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    spans = []
    for _, node in marks:
        found = positions[node]
        spans.append(Span(found.start.line, found.start.column, found.end.line, found.end.column))
    return tuple(spans)


def _nodes_by_kind(statements: Sequence[ast.stmt]) -> dict[str, list[ast.AST]]:
    """The nodes of each kind in order; a walk by a table of fields, as ast.walk takes three times as long."""
    found: dict[str, list[ast.AST]] = {}
    stack: list[ast.AST] = list(statements)
    while stack:
        node = stack.pop()
        kind, fields = _TABLE[type(node)]
        if kind == "text":
            if _is_address(node):
                found.setdefault(kind, []).append(node)
            continue
        if kind:
            found.setdefault(kind, []).append(node)
        for name in fields:
            value = getattr(node, name)
            if value.__class__ is list:
                if name == "decorator_list" and value and not isinstance(node, ast.ClassDef):
                    found.setdefault("decorator", []).extend(value)
                stack += [one for one in value if one is not None]
            elif value is not None:
                stack.append(value)
    for kind, nodes in found.items():
        nodes.sort(key=_end if kind in _BY_END else _start)
    return found


def _is_address(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return "://" in "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and "://" in node.value


def _start(node: ast.AST) -> tuple[int, int]:
    return node.lineno, node.col_offset  # type: ignore[attr-defined]  # every node collected here has a position


def _end(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]  # the same


def _callee(node: cst.CSTNode) -> str | None:
    called = node.func if isinstance(node, cst.Call) else None
    if isinstance(called, cst.Attribute):
        called = called.attr
    return called.value if isinstance(called, cst.Name) else None


def _callee_of(node: ast.AST) -> str | None:
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else None


def _span(node: ast.AST, lines: Sequence[str]) -> Span:
    row, column = _start(node)
    end_row, end_column = _end(node)
    return Span(row, _code_points(lines, row, column), end_row, _code_points(lines, end_row, end_column))


def _code_points(lines: Sequence[str], row: int, column: int) -> int:
    line = lines[row - 1] if row <= len(lines) else ""
    return column if line.isascii() else len(line.encode()[:column].decode(errors="replace"))
