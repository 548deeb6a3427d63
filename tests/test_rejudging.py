"""A project that is judged again and again says what a new look at it says, and looks at what has changed alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastapi_session_lint import engine
from fastapi_session_lint.findings import Finding
from fastapi_session_lint.judge import Judge
from fastapi_session_lint.rejudging import Rejudging
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

MODULES = 8
"""So many that the modules of a program are not judged together with those of another."""
EVERYTHING = Settings(select=("ALL",))
HEAD = "from sqlalchemy import create_engine, text\nfrom sqlalchemy.orm import sessionmaker\n"
SESSIONS = HEAD + 'SessionLocal = sessionmaker(create_engine("sqlite:///a.db"))\n'
LEAK = "def leak():\n    db = {maker}()\n    return db.scalar(text('select 1'))\n"
CLOSED = "def leak():\n    with {maker}() as db:\n        return db.scalar(text('select 1'))\n"
HELPER = "def finish(db):\n    db.{method}()\n"
USE = "def use():\n    db = {maker}()\n    {helper}(db)\n"
FORMS = {
    "nothing": "",
    "leak": LEAK,
    "closed": CLOSED,
    "suppressed": LEAK.replace("()\n    return", "()  # fsl: ignore[FSL101]\n    return"),
    "idle comment": "x = 1  # fsl: ignore[FSL101]\n",
    "closes": HELPER.format(method="close"),
    "commits": HELPER.format(method="commit"),
    "uses": USE,
    "broken": "def (",
    "alone": "",
}


def module(program: str, number: int, form: str) -> Source:
    """One of the modules of a program, of which each imports the next and all import the sessions of their own."""
    maker, after = f"{program}_sessions.SessionLocal", f"{program}_{(number + 1) % MODULES}"
    text = HEAD + FORMS[form].format(maker=maker, helper=f"{after}.finish")
    text += "" if form == "alone" else f"import {program}_sessions\nimport {after}\n"
    return Source(f"/project/{program}_{number}.py", text.encode())


def project(first: Mapping[int, str], second: Mapping[int, str]) -> list[Source]:
    """Two programs that share nothing, with some of their modules in the forms named."""
    forms = {"one": first, "two": second}
    sources = [module(name, number, forms[name].get(number, "nothing")) for name in forms for number in range(MODULES)]
    return sources + [Source(f"/project/{name}_sessions.py", SESSIONS.encode()) for name in forms]


class Counting:
    """Judges here, and notes the files that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[set[str]] = []

    def __call__(self, project: Judge, weights: Mapping[str, int]) -> list[Finding]:
        self.asked.append(set(weights))
        return project.findings(set(weights))


FORM = st.dictionaries(st.integers(0, MODULES - 1), st.sampled_from(sorted(FORMS)), max_size=4)
REPORT = st.one_of(st.none(), st.sets(st.sampled_from([one.path for one in project({}, {})])))


@given(st.lists(st.tuples(FORM, FORM, REPORT, st.booleans()), min_size=2, max_size=5))
@settings(deadline=None, max_examples=25)
def test_the_findings_are_those_of_a_new_look(states: list[Any]) -> None:
    again = Rejudging()
    for first, second, report, with_fixes in states:
        sources = project(first, second)
        expected = engine.check(sources, EVERYTHING, report=report, with_fixes=with_fixes)
        assert again(sources, EVERYTHING, report=report, with_fixes=with_fixes) == expected


def test_the_states_differ() -> None:
    """What the law above speaks of is there: findings that another module, or a comment, brings and takes away."""
    forms = [{0: "uses", 1: "closes"}, {0: "uses", 1: "commits"}, {0: "leak"}, {0: "suppressed"}, {0: "idle comment"}]
    told = [[one.code for one in engine.check(project(one, {}), EVERYTHING)] for one in forms]
    assert len({*map(tuple, told)}) > 3
    assert engine.check(project({0: "broken"}, {}), EVERYTHING)[0].code == "FSL902"


def test_only_where_something_has_changed_is_anything_judged() -> None:
    counting = Counting()
    again = Rejudging(judging=counting)
    for second in ("leak", "leak", "closed"):
        again(project({0: "leak"}, {0: second}), EVERYTHING)
    everything = {one.path for one in project({}, {})}
    assert counting.asked == [everything, set(), {path for path in everything if "/two_" in path}]


def test_files_that_were_not_asked_for_before_are_judged() -> None:
    counting = Counting()
    again = Rejudging(judging=counting)
    sources = project({0: "leak", 1: "leak"}, {})
    for number in (0, 1, 0):
        found = again(sources, EVERYTHING, report=[f"/project/one_{number}.py"])
        assert {one.path for one in found} == {f"/project/one_{number}.py"}
    assert counting.asked == [{"/project/one_0.py"}, {"/project/one_1.py"}, set()]


def test_a_joined_component_is_judged_anew() -> None:
    again = Rejudging()
    apart = project({0: "alone"}, {})
    joined = [replace(apart[0], data=apart[0].data + b"import two_0\n"), *apart[1:]]
    for sources in (apart, joined, apart):
        assert again(sources, EVERYTHING) == engine.check(sources, EVERYTHING)


def test_what_crashes_is_not_remembered() -> None:
    def crash(rule: object, context: Any) -> list[Finding]:
        raise RuntimeError(context.visited)

    rules = [replace(one, check=crash) if one.code == "FSL101" else one for one in all_rules()]
    counting = Counting()
    again = Rejudging(rules=rules, judging=counting)
    sources = project({0: "leak"}, {})
    expected = engine.check(sources, EVERYTHING, rules=rules)
    assert [one.code for one in expected].count("FSL903") > 0
    assert [again(sources, EVERYTHING), again(sources, EVERYTHING)] == [expected, expected]
    assert counting.asked[0] == counting.asked[1]


def test_the_fixes_of_a_file_are_planned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[str] = []
    plan = engine.planned

    def noted(source: Source, repairs: Any) -> Any:
        planned.append(source.path)
        return plan(source, repairs)

    monkeypatch.setattr(engine, "planned", noted)
    again = Rejudging()
    first = again(project({0: "leak"}, {0: "leak"}), EVERYTHING, with_fixes=True)
    assert again(project({0: "leak"}, {0: "leak"}), EVERYTHING, with_fixes=True) == first
    assert {"/project/one_0.py", "/project/two_0.py"} <= set(planned)
    assert len(planned) == len(set(planned))
