"""One file from text to Module: `ast` reads it, the statements that matter are lowered, the tree is dropped."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fastapi_session_lint.model.lower import StatementLowering, exported_names
from fastapi_session_lint.model.outline import is_external, skipped_definition
from fastapi_session_lint.model.parsing import NESTED, tree_of
from fastapi_session_lint.model.places import Places
from fastapi_session_lint.model.screen import split_statements
from fastapi_session_lint.model.syntax import Module, Suite
from fastapi_session_lint.source import UnparsableSource, split_lines

_DEPTH = 6000
"""Frames that the walk over a deeply nested file may take."""


def read_module(path: str, text: str, names: frozenset[str] = frozenset()) -> Module:
    """The model of one file; `names` are the injected names of the project. Raises UnparsableSource."""
    with _deep_recursion(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _read(path, text, names)
        except RecursionError:
            raise UnparsableSource(NESTED, 1, 0) from None


def _read(path: str, text: str, names: frozenset[str]) -> Module:
    lines = split_lines(text)
    kept, skipped = split_statements(tree_of(text), lines, names)
    lowering = StatementLowering(lines)
    body = lowering.suite(kept)
    _bind_skipped(lowering, skipped, lines)
    return _finish(path, lowering, body)


def _bind_skipped(lowering: StatementLowering, skipped: Sequence[ast.stmt], lines: Sequence[str]) -> None:
    names: dict[str, ast.stmt] = {one.name: one for one in skipped}  # type: ignore[attr-defined]  # defs and classes
    known = {*names, *(name for name, found in lowering.scope.bindings.items() if not is_external(found[-1]))}
    for name, one in names.items():
        lowering.scope.bind(name, skipped_definition(name, one, known, lines))


def _finish(path: str, lowering: StatementLowering, body: Suite) -> Module:
    return Module(
        path=path,
        body=body,
        bindings=lowering.scope.frozen_bindings(),
        last_bindings=lowering.scope.frozen_last(),
        star_imports=tuple(lowering.star_imports),
        exports=exported_names(body),
        calls=tuple(lowering.scope.calls),
        stores=tuple(lowering.scope.stores),
        lambdas=tuple(lowering.scope.lambdas),
        places=Places(lowering.places),
    )


@contextmanager
def _deep_recursion() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
