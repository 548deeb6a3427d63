"""The scaffold for a new rule, run in a copy of the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastapi_session_lint.rules import all_rules

ROOT = Path(__file__).parents[1]
WRITTEN = (
    "fastapi_session_lint/rules/fsl998_bad_thing.py",
    "tests/fixtures/FSL998/bad_bad_thing.py",
    "tests/fixtures/FSL998/good_bad_thing.py",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The parts of the checkout that the scaffold reads, and the package so that the new rule can be loaded."""
    for folder in ("fastapi_session_lint", "scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("CHANGELOG.md", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def run(checkout: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    line = [sys.executable, *command]
    return subprocess.run(line, cwd=checkout, env=environment, capture_output=True, text=True, timeout=60)


def scaffold(checkout: Path, code: str, name: str) -> subprocess.CompletedProcess[str]:
    return run(checkout, "scripts/new_rule.py", code, name)


def tree(checkout: Path) -> dict[str, bytes]:
    return {str(path.relative_to(checkout)): path.read_bytes() for path in checkout.rglob("*") if path.is_file()}


def test_files_are_written_and_named(checkout: Path) -> None:
    before = tree(checkout)
    done = scaffold(checkout, "FSL998", "bad-thing")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:4] == [*WRITTEN, "CHANGELOG.md"]
    after = tree(checkout)
    assert set(after) - set(before) == set(WRITTEN)
    assert {path for path in before if before[path] != after[path]} == {"CHANGELOG.md"}


def test_new_rule_is_found_and_keeps_the_form(checkout: Path) -> None:
    scaffold(checkout, "FSL998", "bad-thing")
    program = "from fastapi_session_lint.rules import all_rules; print([(r.code, r.name) for r in all_rules()][-1])"
    done = run(checkout, "-c", program)
    assert done.stdout.strip() == "('FSL998', 'bad-thing')", done.stderr


def test_new_rule_does_not_break_a_run(checkout: Path) -> None:
    scaffold(checkout, "FSL998", "bad-thing")
    program = (
        "from fastapi_session_lint.engine import check\n"
        "from fastapi_session_lint.settings import Settings\n"
        "from fastapi_session_lint.source import Source\n"
        "print(check([Source('/app.py', b'session = 1\\n')], Settings(select=('ALL',))))\n"
    )
    done = run(checkout, "-c", program)
    assert done.stdout.strip() == "[]", done.stderr


def test_changelog_line_stands_in_its_order(checkout: Path) -> None:
    scaffold(checkout, "FSL998", "bad-thing")
    scaffold(checkout, "FSL100", "other-thing")
    lines = (checkout / "CHANGELOG.md").read_text().splitlines()
    codes = [line[4:10] for line in lines if line.startswith("- **FSL")]
    assert codes == sorted(codes)
    assert {"- **FSL998** bad-thing", "- **FSL100** other-thing"} <= set(lines)
    assert lines[lines.index("- **FSL998** bad-thing") - 1].startswith("- **FSL903**")


def test_bad_fixture_expects_the_rule(checkout: Path) -> None:
    scaffold(checkout, "FSL998", "bad-thing")
    bad, good = ((checkout / path).read_text() for path in WRITTEN[1:])
    assert "# expect: FSL998" in bad
    assert "# expect:" not in good


@pytest.mark.parametrize(
    ("code", "name", "reason"),
    [
        ("FSL12", "bad-thing", "is no code"),
        ("ABC123", "bad-thing", "is no code"),
        ("FSL998", "BadThing", "is not kebab-case"),
        ("FSL998", "no-close", "without `no-`"),
        ("FSL101", "bad-thing", "fsl101_unclosed_session.py is there already"),
        ("FSL998", "unclosed-session", "fsl101_unclosed_session.py is there already"),
    ],
)
def test_refusal_is_one_line_and_writes_nothing(checkout: Path, code: str, name: str, reason: str) -> None:
    before = tree(checkout)
    done = scaffold(checkout, code, name)
    assert done.returncode == 2
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert tree(checkout) == before


def test_no_rule_is_left_half_written() -> None:
    rules = sorted((ROOT / "fastapi_session_lint" / "rules").glob("fsl*.py"))
    assert len(rules) == len(all_rules())
    assert not [path.name for path in rules if "TODO" in path.read_text(encoding="utf-8")]


def test_changelog_names_each_rule_once() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    named = [match.groups() for line in lines if (match := re.match(r"- \*\*(FSL\d{3})\*\* ([a-z0-9-]+)", line))]
    assert sorted(named) == sorted((rule.code, rule.name) for rule in all_rules())
