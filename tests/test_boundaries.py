"""Where behaviour changed from one release to the next, on the releases themselves: see tests/boundaries/README.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from fastapi_session_lint.versions import version

BOUNDARIES = Path(__file__).parent / "boundaries"
FOLDER = "FSL_TEST_OLD_VERSIONS"
NEWEST = "newest"
_LINE = re.compile(r"^# (newest|(?:fastapi|sqlalchemy|sqlmodel) \d+(?:\.\d+)+): (.+)$", re.MULTILINE)
_DECLARED = re.compile(r"(fastapi|sqlalchemy|sqlmodel)==([\d.]+)")

pytestmark = pytest.mark.boundaries


class Case(NamedTuple):
    """A script, the release on which it is run, and what it prints there."""

    script: Path
    release: str
    output: str


def cases() -> list[Case]:
    scripts = sorted(BOUNDARIES.glob("*.py"))
    return [Case(one, *found) for one in scripts for found in _LINE.findall(one.read_text(encoding="utf-8"))]


def declared() -> dict[str, str]:
    """The folder of each release that environments.txt names."""
    lines = (BOUNDARIES / "environments.txt").read_text(encoding="utf-8").split("\n")
    return {f"{name} {number}": line.replace(" ", "+") for line in lines for name, number in _DECLARED.findall(line)}


@pytest.mark.parametrize("case", cases(), ids=lambda one: f"{one.script.stem}-{one.release.replace(' ', '-')}")
def test_boundary(case: Case) -> None:
    assert run(case) == case.output


def run(case: Case) -> str:
    """What the script prints. With -S an old release sees none of the packages that are installed here."""
    command, environment = [sys.executable], {**os.environ}
    if case.release != NEWEST:
        packages = old_packages(case.release)
        command, environment = [sys.executable, "-S"], {**environment, "PYTHONPATH": str(packages)}
    done = subprocess.run(
        [*command, "-W", "ignore", str(case.script)], capture_output=True, text=True, timeout=60, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def old_packages(release: str) -> Path:
    """The folder with the packages of a release; the test is skipped where there is none."""
    folder = os.environ.get(FOLDER)
    if not folder:
        pytest.skip(f"runs on an old release: set {FOLDER}, see tests/boundaries/README.md")
    packages = Path(folder) / declared()[release]
    if not packages.is_dir():
        pytest.skip(f"{packages} is not there")
    return packages


def test_each_release_is_declared() -> None:
    assert {case.release for case in cases()} - {NEWEST} <= set(declared())


@pytest.mark.parametrize("script", sorted(BOUNDARIES.glob("*.py")), ids=lambda one: one.stem)
def test_script_shows_both_sides(script: Path) -> None:
    mine = [case for case in cases() if case.script == script]
    assert len({case.output for case in mine}) > 1
    assert [case.release for case in mine][-1] == NEWEST
    numbers = [version(case.release.split()[1]).release for case in mine[:-1]]
    assert numbers == sorted(numbers)
