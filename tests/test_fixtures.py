"""The fixtures: small projects whose comments say what is reported in them; tests/fixtures/README.md has their form."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from fastapi_session_lint import engine, fixer
from fastapi_session_lint.findings import Applicability, Finding
from fastapi_session_lint.options import parse
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

FIXTURES = Path(__file__).parent / "fixtures"
WITHOUT_FIXTURES = {"FSL903"}  # no code makes a rule crash
PROJECT = "/project"  # a neutral place: under tests/ everything would count as test code
_CODE = rb"FSL\d{3}(?::(?:error|warning|info))?"
_EXPECTATION = re.compile(rb"#\s*expect:\s*(" + _CODE + rb"(?:\s*,\s*" + _CODE + rb")*)\s*$")
_LOOKS_LIKE_ONE = re.compile(rb"#\s*expect(ed|s)?\b", re.IGNORECASE)
_SETTINGS = re.compile(rb"(?:\xef\xbb\xbf)?# settings: (.+)")


class Expectation(NamedTuple):
    """What a comment says: a code is reported on a row, with this severity where it is given."""

    path: str
    row: int
    code: str
    severity: str | None = None


@dataclass(frozen=True, slots=True)
class Fixture:
    """One small project. `files` are its modules by their path inside it."""

    group: str
    name: str
    files: Mapping[str, Path]

    @property
    def sources(self) -> list[Source]:
        return [Source(f"{PROJECT}/{inside}", path.read_bytes()) for inside, path in self.files.items()]

    @property
    def settings(self) -> Settings:
        return settings_of([path.read_bytes() for path in self.files.values()])

    def file(self, source_path: str) -> Path:
        """The file of a source of this project."""
        return self.files[source_path.removeprefix(f"{PROJECT}/")]


def is_snapshot(path: Path) -> bool:
    return path.name.endswith(".fixed.py")


def snapshot(path: Path) -> Path:
    """Where the fixed text of a module is kept."""
    return path.with_name(f"{path.stem}.fixed.py")


def modules_under(folder: Path) -> dict[str, Path]:
    paths = sorted(path for path in folder.rglob("*.py") if not is_snapshot(path))
    return {path.relative_to(folder).as_posix(): path for path in paths}


def fixtures_under(root: Path) -> Iterator[Fixture]:
    for group in sorted(path for path in root.iterdir() if path.is_dir()):
        for path in sorted(group.iterdir()):
            if path.is_dir() and (files := modules_under(path)):
                yield Fixture(group.name, path.name, files)
            elif path.suffix == ".py" and not is_snapshot(path):
                yield Fixture(group.name, path.name, {path.name: path})


def settings_of(texts: Sequence[bytes]) -> Settings:
    """All rules, with the options of `# settings:` first lines."""
    values: dict[str, object] = {"select": ("ALL",)}
    for text in texts:
        if found := _SETTINGS.match(text):
            table = tomllib.loads(f"options = {{ {found[1].decode()} }}")["options"]
            values |= parse(table, "first line")
    return Settings(**values)  # type: ignore[arg-type]  # parse has checked names and types


def expectations_in(path: str, text: bytes) -> Iterator[Expectation]:
    """What the comments of a module expect. Raises ValueError for a comment that only looks like an expectation."""
    for row, line in enumerate(text.splitlines(), start=1):
        if found := _EXPECTATION.search(line):
            for item in found[1].decode().split(","):
                code, _, severity = item.strip().partition(":")
                yield Expectation(path, row, code, severity or None)
        elif _LOOKS_LIKE_ONE.search(line):
            raise ValueError(f"{path}:{row}: an expectation is `# expect: FSL101, FSL102:info` at the end of its line")


def expected(fixture: Fixture) -> set[Expectation]:
    return {one for source in fixture.sources for one in expectations_in(source.path, source.data)}


def places(expectations: Iterable[Expectation]) -> set[Expectation]:
    """Where something is expected, whatever its severity."""
    return {one._replace(severity=None) for one in expectations}


def reported(findings: Iterable[Finding]) -> set[Expectation]:
    return {Expectation(one.path, one.span.row, one.code, one.severity) for one in findings}


ALL = tuple(fixtures_under(FIXTURES))
GROUPS = sorted({fixture.group for fixture in ALL})
each_fixture = pytest.mark.parametrize("fixture", ALL, ids=lambda one: f"{one.group}/{one.name}")


@each_fixture
def test_reports_exactly_what_is_expected(fixture: Fixture) -> None:
    found = reported(engine.check(fixture.sources, fixture.settings))
    wanted = expected(fixture)
    missed, false = places(wanted) - places(found), places(found) - places(wanted)
    assert (sorted(missed), sorted(false)) == ([], []), "(missed alarms, false alarms)"
    assert sorted(one for one in wanted - found if one.severity) == [], "reported with another severity"


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
