"""The fixtures: small projects whose comments say what is reported in them; tests/fixtures/README.md has their form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from fastapi_session_lint import engine, fixer
from fastapi_session_lint.findings import Applicability, Finding
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source
from fastapi_session_lint.testing import (
    Expectation,
    Fixture,
    differences,
    expectations_in,
    expected,
    fixtures_under,
    is_snapshot,
    settings_of,
    snapshot,
)

FIXTURES = Path(__file__).parent / "fixtures"
WITHOUT_FIXTURES = {"FSL903"}  # no code makes a rule crash
ALL = tuple(fixtures_under(FIXTURES))
GROUPS = sorted({fixture.group for fixture in ALL})
each_fixture = pytest.mark.parametrize("fixture", ALL, ids=lambda one: f"{one.group}/{one.name}")


@each_fixture
def test_reports_exactly_what_is_expected(fixture: Fixture) -> None:
    assert differences(fixture) == ([], []), "(missed alarms, false alarms)"


@each_fixture
def test_name_says_what_is_inside(fixture: Fixture) -> None:
    codes = {one.code for one in expected(fixture)}
    if fixture.name.startswith("good_"):
        assert fixture.group not in codes
    elif fixture.group.startswith("FSL"):
        assert fixture.name.startswith("bad_")
        assert fixture.group in codes


def may_be_applied(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.applicability is not Applicability.DISPLAY


def codes_by_path(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((finding.path, finding.code) for finding in findings)


def uncovered(applied: Iterable[Finding]) -> Counter[tuple[str, str]]:
    """What may come to light by fixes: an await that is dropped leaves a call that blocks the event loop."""
    hidden = {rule.code: rule.hides for rule in all_rules()}
    return Counter((finding.path, code) for finding in applied for code in hidden[finding.code])


def fix_all(sources: Sequence[Source], settings: Settings) -> tuple[list[Source], tuple[Finding, ...]]:
    """The sources after all fixes, each of which must have worked, and what was fixed."""
    outcome = fixer.fix(sources, settings, report=None, unsafe=True)
    assert not outcome.failed
    return [Source(one.path, outcome.changed.get(one.path, one.data)) for one in sources], outcome.applied


SAFETY = {"safe": Applicability.SAFE, "unsafe": Applicability.UNSAFE, "displayed": Applicability.DISPLAY}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_page_and_fixes_agree_on_safety(rule: Rule) -> None:
    """What *Fix safety* speaks of is what the fixes in the rule's fixtures are, and the most trusted is declared."""
    found = [engine.check(one.sources, one.settings, with_fixes=True) for one in ALL if one.group == rule.code]
    made = {one.fix.applicability for some in found for one in some if one.code == rule.code and one.fix}
    text = rule.documentation.partition("## Fix safety\n")[2].partition("\n## ")[0]
    assert {kind for word, kind in SAFETY.items() if re.search(rf"\b{word}\b", text)} == made
    assert rule.fix is next((kind for kind in Applicability if kind in made), None)


@each_fixture
def test_fixed_text(fixture: Fixture, pytestconfig: pytest.Config) -> None:
    before = engine.check(fixture.sources, fixture.settings, with_fixes=True)
    fixed, applied = fix_all(fixture.sources, fixture.settings)
    for old, new in zip(fixture.sources, fixed, strict=True):
        compare_snapshot(snapshot(fixture.file(old.path)), new.data if new.data != old.data else None, pytestconfig)
    after = codes_by_path(engine.check(fixed, fixture.settings))
    unfixable = codes_by_path([finding for finding in before if not may_be_applied(finding)])
    assert after <= unfixable + uncovered(applied)
    assert fix_all(fixed, fixture.settings) == (fixed, ())


def compare_snapshot(path: Path, text: bytes | None, config: pytest.Config) -> None:
    """Hold a snapshot to its text (None: there must be none), or write it anew with --update."""
    if config.getoption("--update"):
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(text)
    kept = path.read_bytes() if path.is_file() else None
    assert kept == text, f"{path} is stale: see what `pytest --update` makes of it"


def messages(group: str) -> str:
    """The findings of a group's fixtures as text, each with its trail."""
    blocks = []
    for fixture in ALL:
        if fixture.group == group:
            blocks += [line_of(fixture, one) for one in engine.check(fixture.sources, fixture.settings)]
    return "".join(blocks)


def line_of(fixture: Fixture, finding: Finding) -> str:
    where = place(fixture, finding.path, finding.span.row, finding.span.column)
    head = f"{where} {finding.code} {finding.severity} {finding.message}\n"
    trail = [
        f"    {place(fixture, note.path, note.span.row, note.span.column)} {note.message}\n" for note in finding.trail
    ]
    return head + "".join(trail)


def place(fixture: Fixture, path: str, row: int, column: int) -> str:
    file = fixture.file(path).relative_to(FIXTURES / fixture.group).as_posix()
    return f"{file}:{row}:{column + 1}"


@pytest.mark.parametrize("group", GROUPS)
def test_messages(group: str, pytestconfig: pytest.Config) -> None:
    text = messages(group)
    compare_snapshot(FIXTURES / group / "messages.txt", text.encode() or None, pytestconfig)


@pytest.mark.parametrize("code", sorted({rule.code for rule in all_rules()} - WITHOUT_FIXTURES))
def test_each_rule_has_fixtures(code: str) -> None:
    names = [fixture.name for fixture in ALL if fixture.group == code]
    assert [name for name in names if name.startswith("bad_")]
    assert [name for name in names if name.startswith("good_")]


def test_each_snapshot_has_its_module() -> None:
    kept = [path for path in FIXTURES.rglob("*.py") if is_snapshot(path)]
    orphans = [path for path in kept if not path.with_name(path.name.replace(".fixed.py", ".py")).is_file()]
    assert orphans == []


def test_expectations_are_read_from_comments() -> None:
    text = b"x = 1\nf()  # expect: FSL101\ng()  # expect: FSL201:info, FSL209\n"
    assert list(expectations_in("a.py", text)) == [
        Expectation("a.py", 2, "FSL101"),
        Expectation("a.py", 3, "FSL201", "info"),
        Expectation("a.py", 3, "FSL209"),
    ]


@pytest.mark.parametrize("comment", ["# expect FSL101", "# expect: 101", "# expects: FSL101", "# expect: FSL101:bad"])
def test_a_comment_that_only_looks_like_an_expectation_is_refused(comment: str) -> None:
    with pytest.raises(ValueError, match=r"a\.py:1"):
        list(expectations_in("a.py", comment.encode()))


def test_settings_come_from_the_first_line() -> None:
    settings = settings_of([b'# settings: sqlalchemy-version = "1.4", fastapi-version = "0.105"\n'])
    assert (settings.sqlalchemy_version, settings.fastapi_version) == ("1.4", "0.105")
    assert settings_of([b"x = 1\n# settings: fail-on = 3\n"]).select == ("ALL",)


def test_a_folder_is_one_project(tmp_path: Path) -> None:
    (tmp_path / "FSL101" / "bad_two" / "app").mkdir(parents=True)
    for name in ("bad_one.py", "bad_one.fixed.py", "bad_two/main.py", "bad_two/app/db.py"):
        (tmp_path / "FSL101" / name).write_text("")
    found = [(one.group, one.name, sorted(one.files)) for one in fixtures_under(tmp_path)]
    assert found == [("FSL101", "bad_one.py", ["bad_one.py"]), ("FSL101", "bad_two", ["app/db.py", "main.py"])]
