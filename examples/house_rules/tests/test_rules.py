"""The fixtures say what the rules of this package report."""

from __future__ import annotations

from pathlib import Path

import pytest
from house_rules import RULES

from fastapi_session_lint.testing import Fixture, differences, fixtures_under

FIXTURES = tuple(fixtures_under(Path(__file__).parent / "fixtures"))


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda one: f"{one.group}/{one.name}")
def test_reports_exactly_what_is_expected(fixture: Fixture) -> None:
    assert differences(fixture, RULES) == ([], []), "(missed alarms, false alarms)"
