"""One JSON object on each line, with the fields of the JSON array."""

from __future__ import annotations

import json
from collections.abc import Iterator

from fastapi_session_lint.report.base import Report
from fastapi_session_lint.report.json_array import described


def render(report: Report) -> Iterator[str]:
    """A line for each finding."""
    for one in described(report):
        yield json.dumps(one) + "\n"
