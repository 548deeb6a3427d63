"""The forms of a report, by the names of `--output-format`; a new one is a file here and a line in the table."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from fastapi_session_lint.report.base import Fixed, Render, Report

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "full": "full",
        "concise": "concise",
        "grouped": "grouped",
        "json": "json_array",
        "json-lines": "json_lines",
        "sarif": "sarif",
        "github": "github",
        "gitlab": "gitlab",
        "junit": "junit",
        "pylint": "pylint",
        "azure": "azure",
        "rdjson": "rdjson",
    }
)
"""The module that makes each form."""


def form(name: str) -> Render:
    """The form of a name; its module is imported now, since a run needs one and not all."""
    render: Render = importlib.import_module(f"{__name__}.{FORMATS[name]}").render
    return render


__all__ = ["FORMATS", "Fixed", "Render", "Report", "form"]
