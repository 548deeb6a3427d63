"""A JSON array in the shape of Ruff's, which tools already read.

Ours on top are `name`, `severity`, `fingerprint` and `trail`. Paths are absolute, rows and columns count from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi_session_lint.findings import Finding, Fix, Span
from fastapi_session_lint.report.base import Report


def render(report: Report) -> Iterator[str]:
    """The array, indented, with a line end."""
    yield json.dumps(list(described(report)), indent=2) + "\n"


def described(report: Report) -> Iterator[dict[str, Any]]:
    """Each finding as an object."""
    for finding, fingerprint in zip(report.findings, report.fingerprints(), strict=True):
        yield _finding(finding, fingerprint)


def _finding(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "message": finding.message,
        "filename": finding.path,
        "location": _start(finding.span),
        "end_location": _end(finding.span),
        "fix": None if finding.fix is None else _fix(finding.fix),
        "url": finding.url or None,
        "fingerprint": fingerprint,
        "trail": [
            {"filename": note.path, "location": _start(note.span), "message": note.message} for note in finding.trail
        ],
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "message": fix.title,
        "edits": [
            {"content": edit.content, "location": _start(edit.span), "end_location": _end(edit.span)}
            for edit in fix.edits
        ],
    }


def _start(span: Span) -> dict[str, int]:
    return {"row": span.row, "column": span.column + 1}


def _end(span: Span) -> dict[str, int]:
    return {"row": span.end_row, "column": span.end_column + 1}
