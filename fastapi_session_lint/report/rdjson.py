"""The Reviewdog Diagnostic Format, with the fixes as suggestions.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf. Columns count bytes of UTF-8 from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi_session_lint.findings import Applicability, Finding, Note, Span
from fastapi_session_lint.report.base import Report

_SOURCE = {"name": "fsl", "url": "https://github.com/fastapi-session-lint/fastapi-session-lint"}


def render(report: Report) -> Iterator[str]:
    """The whole result as one object, with a line end."""
    diagnostics = [_diagnostic(report, finding) for finding in report.findings]
    yield json.dumps({"source": _SOURCE, "diagnostics": diagnostics}, indent=2) + "\n"


def _diagnostic(report: Report, finding: Finding) -> dict[str, Any]:
    return {
        "message": finding.message,
        "location": _location(report, finding.path, finding.span),
        "severity": finding.severity.upper(),
        "code": {"value": finding.code, **({"url": finding.url} if finding.url else {})},
        "suggestions": _suggestions(report, finding),
        "related_locations": [_related(report, note) for note in finding.trail],
    }


def _suggestions(report: Report, finding: Finding) -> list[dict[str, Any]]:
    """A suggestion is taken by a click and alone: only a fix of one edit makes sense as one."""
    fix = finding.fix
    if fix is None or fix.applicability is Applicability.DISPLAY or len(fix.edits) != 1:
        return []
    return [{"range": _range(report, finding.path, edit.span), "text": edit.content} for edit in fix.edits]


def _related(report: Report, note: Note) -> dict[str, Any]:
    return {"message": note.message, "location": _location(report, note.path, note.span)}


def _location(report: Report, path: str, span: Span) -> dict[str, Any]:
    return {"path": report.located(path), "range": _range(report, path, span)}


def _range(report: Report, path: str, span: Span) -> dict[str, Any]:
    lines = report.lines(path)
    return {"start": _position(lines, span.row, span.column), "end": _position(lines, span.end_row, span.end_column)}


def _position(lines: list[str], row: int, column: int) -> dict[str, int]:
    before = lines[row - 1][:column] if row <= len(lines) else ""
    return {"line": row, "column": len(before.encode(errors="surrogatepass")) + max(0, column - len(before)) + 1}
