"""What became of a source when it was read: its model, or why it has none."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Severity, Span

if TYPE_CHECKING:
    from fastapi_session_lint.model.syntax import Module

SYNTAX_ERROR = "FSL902"


class Problem(NamedTuple):
    """Why a file has no model: one line, and where (1-based row, 0-based column)."""

    path: str
    message: str
    row: int = 1
    column: int = 0


class Reading(NamedTuple):
    """What became of one source: its model, or a problem, or neither where it says nothing to others.

    The model of a file in which nothing can concern a session is an outline: see model.outline.
    """

    module: Module | None = None
    problem: Problem | None = None
    crash: Problem | None = None


def is_read(reading: Reading) -> bool:
    """Whether a file could be read, though it may say nothing."""
    return reading.problem is None and reading.crash is None


def problems(readings: Iterable[Reading]) -> Iterator[Finding]:
    """The findings about files that could not be read."""
    for reading in readings:
        if reading.problem is not None:
            yield _failure(SYNTAX_ERROR, reading.problem, "cannot be checked: ")
        if reading.crash is not None:
            yield crashed(reading.crash)


def crashed(problem: Problem) -> Finding:
    """The finding about what went wrong in the linter itself."""
    return _failure(INTERNAL_ERROR, problem, "")


def last_line(what: str) -> str:
    """The error that is being handled as one line; `what` was going on."""
    text = traceback.format_exc().strip().splitlines()
    where = next((line.strip() for line in reversed(text) if line.strip().startswith("File ")), "")
    return f"{what} crashed: {text[-1]} ({where.replace('File ', '')})"


def _failure(code: str, problem: Problem, prefix: str) -> Finding:
    name = {SYNTAX_ERROR: "syntax-error", INTERNAL_ERROR: "internal-error"}[code]
    span = Span(problem.row, problem.column, problem.row, problem.column)
    return Finding(code, name, Severity.ERROR, f"{prefix}{problem.message}", problem.path, span)
