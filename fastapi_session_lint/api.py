"""What other programs may use: checking from Python, and the parts of which plugins make their rules.

These names keep their meaning within a major version; docs/python-api.md and docs/plugins.md explain them.
"""

from __future__ import annotations

from fastapi_session_lint.context import Context
from fastapi_session_lint.files import MissingPath
from fastapi_session_lint.findings import Applicability, Edit, Finding, Fix, Note, Repair, RepairKind, Severity, Span
from fastapi_session_lint.fixes import apply
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.runner import check_paths, check_source
from fastapi_session_lint.settings import InvalidSettings, Settings

__all__ = [
    "Applicability",
    "Context",
    "Edit",
    "Finding",
    "Fix",
    "InvalidSettings",
    "MissingPath",
    "Note",
    "Repair",
    "RepairKind",
    "Rule",
    "Settings",
    "Severity",
    "Span",
    "apply",
    "check_paths",
    "check_source",
]
