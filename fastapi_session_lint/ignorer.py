"""Sources and findings in, sources with comments that suppress the findings out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi_session_lint.findings import Finding
from fastapi_session_lint.fixes import apply, parses
from fastapi_session_lint.fixes.ignores import ignoring
from fastapi_session_lint.heeding import ABOUT_THE_LINTER
from fastapi_session_lint.source import Source, UndecodableSource, decode


def ignore(sources: Iterable[Source], findings: Iterable[Finding], reason: str | None) -> dict[str, bytes]:
    """The new bytes of each file in which a comment can be written for a finding.

    What is said about the files themselves, or about comments, is not to be hidden by one.
    """
    rows: dict[str, dict[int, set[str]]] = {}
    for finding in findings:
        if finding.code not in ABOUT_THE_LINTER:
            rows.setdefault(finding.path, {}).setdefault(finding.span.row, set()).add(finding.code)
    changed = {one.path: _written(one, rows[one.path], reason) for one in sources if one.path in rows}
    return {path: data for path, data in changed.items() if data is not None}


def _written(source: Source, rows: Mapping[int, Iterable[str]], reason: str | None) -> bytes | None:
    """The file with comments for the codes on its rows; None where it would not be as good as before."""
    try:
        old = decode(source.data)
        new = apply(old.text, ignoring(old.text, rows, reason))
        data = old.encode(new)
    except (UndecodableSource, UnicodeEncodeError):
        return None
    return data if new != old.text and parses(new) else None
