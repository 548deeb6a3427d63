"""Fixes: a statement turned into a better one, as narrow text edits; what a file's text allows, and how safely."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi_session_lint.findings import Fix, Repair
from fastapi_session_lint.fixes.edits import OverlappingEdits, apply

__all__ = ["OverlappingEdits", "apply", "parses", "plan"]


def plan(text: str, repairs: Sequence[Repair]) -> list[Fix | None]:
    """The fix for each repair of one file, None where no correct one exists; the file is parsed once for all.

    `text` is the decoded source without its byte order mark. Every fix stands alone: two may overlap.
    """
    if not repairs:
        return []
    # Late, because libcst takes over 100 ms to import, and `apply` alone does not need it.
    from fastapi_session_lint.fixes import planner

    return planner.plan(text, repairs)


def parses(text: str) -> bool:
    """Whether a text is Python: for the running interpreter, or by a grammar newer than its own."""
    from fastapi_session_lint.fixes import planner  # late for the same reason

    return planner.parses(text)
