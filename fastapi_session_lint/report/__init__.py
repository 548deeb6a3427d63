"""The forms of a report, by the names of `--output-format`; a new one is a file here and a line in the table."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi_session_lint.report import concise, full, json_array
from fastapi_session_lint.report.base import Fixed, Render, Report

FORMATS: Mapping[str, Render] = {
    "full": full.render,
    "concise": concise.render,
    "json": json_array.render,
}

__all__ = ["FORMATS", "Fixed", "Render", "Report"]
