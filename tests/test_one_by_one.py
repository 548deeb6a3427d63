"""Files judged one after another: the findings are those of all at once, whatever was asked before."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from fastapi_session_lint import engine
from fastapi_session_lint.findings import Finding
from fastapi_session_lint.judge import Judge
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source
from fastapi_session_lint.testing import Fixture, fixtures_under

FIXTURES = tuple(fixtures_under(Path(__file__).parent / "fixtures"))
TOGETHER = sorted({one.group for one in FIXTURES})


def sources_of(fixtures: Sequence[Fixture]) -> list[Source]:
    """Fixtures as packages of one project."""
    return [
        Source(one.path.replace("/project/", f"/project/{fixture.name}/"), one.data)
        for fixture in fixtures
        for one in fixture.sources
    ]


def judge_of(sources: Sequence[Source]) -> engine.Judge:
    names = engine.injected_names_of(sources)
    readings = [engine.read(one, names) for one in sources]
    settings = Settings(select=("ALL",), preview=True)
    return Judge([one.path for one in sources], readings, settings, all_rules())


def one_by_one(judge: engine.Judge, paths: Sequence[str]) -> list[Finding]:
    found = [one for path in paths for one in judge.findings({path})]
    return sorted(found, key=lambda one: one.order)


@pytest.mark.parametrize(
    "fixture", [one for one in FIXTURES if len(one.files) > 1], ids=lambda one: f"{one.group}/{one.name}"
)
def test_each_file_has_the_findings_that_it_has_among_all(fixture: Fixture) -> None:
    sources = fixture.sources
    paths = [one.path for one in sources]
    whole = judge_of(sources).findings(None)
    assert one_by_one(judge_of(sources), paths) == whole
    assert one_by_one(judge_of(sources), paths[::-1]) == whole
    assert [one for path in paths for one in judge_of(sources).findings({path})] == whole


@pytest.mark.parametrize("group", TOGETHER)
def test_no_answer_hangs_on_what_was_asked_before(group: str) -> None:
    """All fixtures of a group are one project here: there is more to come back to."""
    sources = sources_of([one for one in FIXTURES if one.group == group])
    paths = [one.path for one in sources]
    whole = judge_of(sources).findings(None)
    judge = judge_of(sources)
    random.Random(group).shuffle(paths)
    assert one_by_one(judge, paths) == whole
    assert judge.findings(None) == whole
