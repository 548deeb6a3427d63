"""What pytest is told before it collects."""

from __future__ import annotations

import pytest

collect_ignore = ["fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the snapshots of tests/fixtures")
