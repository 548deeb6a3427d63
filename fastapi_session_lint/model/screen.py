"""Which files and which top-level statements can concern a session at all, by their bytes alone.

A word list that is too wide costs time; one that is too narrow costs findings. It names what the libraries call their
things, never what a project does: a def without any of these words can neither make, use nor hand on a session.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

_WORDS = (
    r"session|engine|\bdb|db\b|_db|database|commit|rollback|flush|\.execute|\.query\(|scalar|\.add\(|\.add_all"
    r"|refresh|depends|security|\buow\b|unit_of_work|repo|yield|sqlite|sqlalchemy|sqlmodel|connect|transaction"
    r"|dependency_overrides|asyncio|testclient|url|dsn|uri\b|maker|factory|\bconn\b|_conn\b|\bcreate_all"
)
_CONCERNS = re.compile(_WORDS, re.IGNORECASE)
_FILE_CONCERNS = re.compile(
    rb"session|engine|sqlalchemy|sqlmodel|commit\(|rollback\(|\.execute|\.query\(|\.scalar|depends|sqlite|database"
    rb"|\bdb\b|import \*|\n    raise |\bexit\(",
    re.IGNORECASE,
)


def file_concerns(path: str, data: bytes) -> bool:
    """Whether a file must be read; a package's `__init__` always must, since it may hand names on."""
    return path.endswith("/__init__.py") or _FILE_CONCERNS.search(data) is not None


def split_statements(
    tree: ast.Module, lines: Sequence[str]
) -> tuple[list[ast.stmt], list[ast.stmt], list[tuple[int, int]]]:
    """The statements to lower, those to skip, and the line ranges (1-based, inclusive) of the former.

    Only a def or class is ever skipped, and only when it shares no line with another statement.
    """
    kept: list[ast.stmt] = []
    skipped: list[ast.stmt] = []
    ranges: list[tuple[int, int]] = []
    for statement in tree.body:
        first, last = _rows(statement)
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not (
            _may_never_return(statement) or any(_CONCERNS.search(line) for line in lines[first - 1 : last])
        ):
            skipped.append(statement)
            continue
        kept.append(statement)
        if ranges and ranges[-1][1] >= first:
            ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
        else:
            ranges.append((first, last))
    return kept, skipped, ranges


def _may_never_return(statement: ast.stmt) -> bool:
    """A helper whose last statement raises, or calls exit, ends every path that calls it."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    last = statement.body[-1]
    return isinstance(last, ast.Raise) or (
        isinstance(last, ast.Expr) and "exit" in ast.dump(last) and isinstance(last.value, ast.Call)
    )


def _rows(statement: ast.stmt) -> tuple[int, int]:
    decorators = getattr(statement, "decorator_list", ())
    first = min([statement.lineno, *[one.lineno for one in decorators]])
    return first, statement.end_lineno or statement.lineno
