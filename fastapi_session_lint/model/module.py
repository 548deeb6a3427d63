"""One file from text to Module: `ast` finds the statements that matter, libcst reads them, its tree is dropped."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import libcst as cst

from fastapi_session_lint.findings import Span
from fastapi_session_lint.model.lower import StatementLowering, exported_names
from fastapi_session_lint.model.outline import is_external, skipped_definition
from fastapi_session_lint.model.places import lent_places, measured_places
from fastapi_session_lint.model.screen import split_statements
from fastapi_session_lint.model.syntax import Module, Statement
from fastapi_session_lint.source import split_lines

_DEPTH = 6000
"""Frames that the walk over a deeply nested file may take."""


class UnparsableSource(Exception):
    """libcst cannot parse the file; `row` (1-based) and `column` (0-based) say where."""

    def __init__(self, message: str, row: int, column: int) -> None:
        """`message` is one line."""
        super().__init__(message)
        self.row = row
        self.column = column


def read_module(path: str, text: str, names: frozenset[str] = frozenset()) -> Module:
    """The model of one file; `names` are the injected names of the project. Raises UnparsableSource."""
    with _deep_recursion():
        try:
            return _read(path, text, names)
        except RecursionError:
            raise UnparsableSource("nested too deeply to be read", 1, 0) from None


def _read(path: str, text: str, names: frozenset[str]) -> Module:
    lines = split_lines(text)
    tree = _ast_of(text)
    lowering = StatementLowering()
    if tree is not None:
        kept, skipped, ranges = split_statements(tree, lines, names)
        reduced = "".join("".join(lines[first - 1 : last]) for first, last in ranges)
        module = _parse(reduced if skipped else text)
        body = lowering.suite(module)
        places = lent_places(lowering.marks, kept, lines)
        if places is not None:
            _bind_skipped(lowering, skipped, lines)
            return _finish(path, lowering, body, places)
        lowering = StatementLowering()
    module = _parse(text)
    body = lowering.suite(module)
    return _finish(path, lowering, body, measured_places(lowering.marks, module))


def _bind_skipped(lowering: StatementLowering, skipped: Sequence[ast.stmt], lines: Sequence[str]) -> None:
    names: dict[str, ast.stmt] = {one.name: one for one in skipped}  # type: ignore[attr-defined]  # defs and classes
    known = {*names, *(name for name, found in lowering.scope.bindings.items() if not is_external(found[-1]))}
    for name, one in names.items():
        lowering.scope.bind(name, skipped_definition(name, one, known, lines))


def _finish(path: str, lowering: StatementLowering, body: Sequence[Statement], places: tuple[Span, ...]) -> Module:
    suite = tuple(body)
    return Module(
        path=path,
        body=suite,
        bindings=lowering.scope.frozen_bindings(),
        last_bindings=lowering.scope.frozen_last(),
        star_imports=tuple(lowering.star_imports),
        exports=exported_names(suite),
        calls=tuple(lowering.scope.calls),
        stores=tuple(lowering.scope.stores),
        lambdas=tuple(lowering.scope.lambdas),
        places=places,
    )


def _syntax_error(text: str) -> UnparsableSource | None:
    """What Python itself says of a text that it cannot read; it is clearer than a parser generator's list of tokens."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return UnparsableSource(str(error.msg), max(error.lineno or 1, 1), max((error.offset or 1) - 1, 0))
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _ast_of(text: str) -> ast.Module | None:
    """The `ast` of a text, None where the running Python does not know its grammar or libcst must judge."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parse(text: str) -> cst.Module:
    try:
        with _unvalidated():
            return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        if (known := _syntax_error(text)) is not None:
            raise known from None
        message = str(error.message).strip().splitlines()[0].rstrip(".")
        raise UnparsableSource(message, max(error.raw_line, 1), max(error.raw_column, 0)) from None
    except UnicodeError as error:
        raise UnparsableSource(str(error), 1, 0) from None


def _accept(self: cst.CSTNode) -> None:
    """What a node does in place of checking itself."""


@contextmanager
def _unvalidated() -> Iterator[None]:
    """Nodes check themselves when they are made; the parser makes right ones, and checking is a seventh of its time."""
    check = cst.CSTNode.__post_init__
    cst.CSTNode.__post_init__ = _accept  # type: ignore[method-assign]  # undone below
    try:
        yield
    finally:
        cst.CSTNode.__post_init__ = check  # type: ignore[method-assign]  # as it was


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
