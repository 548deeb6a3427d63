"""A Code Quality report of GitLab.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fastapi_session_lint.findings import Finding, Severity
from fastapi_session_lint.report.base import Report

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def render(report: Report) -> Iterator[str]:
    """The array of issues, with a line end."""
    known = zip(report.findings, report.fingerprints(), strict=True)
    yield json.dumps([_issue(report, finding, fingerprint) for finding, fingerprint in known], indent=2) + "\n"


def _issue(report: Report, finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "description": f"{finding.code} {finding.message}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": report.located(finding.path),
            "lines": {"begin": finding.span.row, "end": finding.span.end_row},
        },
    }
