"""benchmarks/accuracy/fixes.py: what it fixes, counts and holds."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "accuracy" / "fixes.py"
HEADER = "repo\tcommit\tpath\tline\trule\tnear_rule\tconfidence\twhy"
CODE = """\
from sqlalchemy import create_engine, select
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/app"))


def export() -> int:
    db = SessionLocal()
    found = db.scalar(select(1))
    db.close()
    return found
"""
CARELESS = """
import json, pathlib, sys
path = pathlib.Path("app.py")
if "--fix" in sys.argv:
    path.write_text(path.read_text() + ")")
item = {"filename": str(path.resolve()), "code": "FSL101", "location": {"row": 8, "column": 1}, "fix": None}
print(json.dumps([item] * path.read_text().count(")")))
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    line = ["git", *identity, "-C", str(folder), *arguments]
    return subprocess.run(line, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """Labels of a clone beside them, of which one commit has one file."""
    clone = tmp_path / "mirror" / "owner+name"
    clone.mkdir(parents=True)
    git(clone, "init", "--quiet")
    (clone / "app.py").write_text(CODE)
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "-m", "x")
    row = ["owner/name", git(clone, "rev-parse", "HEAD"), "app.py", "8", "FSL102", "", "high", ""]
    path = tmp_path / "labels.tsv"
    path.write_text("\n".join([HEADER, "\t".join(row)]) + "\n")
    return path


def fixes(labels: Path, command: str) -> tuple[int, list[str]]:
    folder = labels.parent
    line = [sys.executable, str(SCRIPT), str(labels), "--mirror", str(folder / "mirror"), "--fsl", command]
    line += ["--work", str(folder / "work"), "--diffs", str(folder / "diffs")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, env=environment)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_a_copy_is_fixed_and_the_offers_are_counted(labels: Path) -> None:
    code, lines = fixes(labels, shlex.join([sys.executable, "-m", "fastapi_session_lint"]))
    assert (code, lines[0]) == (0, "# owner/name: 1 files changed")
    assert lines[-1].split() == ["FSL102", "1", "0", "0", "0", "1.00"]
    (diff,) = (labels.parent / "diffs").iterdir()
    assert "+    finally:\n+        db.close()\n" in diff.read_text()
    (unpacked,) = (labels.parent / "work").iterdir()
    assert (unpacked / "app.py").read_text() == CODE, "only a copy is changed"


def test_broken_promises_are_named(labels: Path) -> None:
    checker = labels.parent / "careless.py"
    checker.write_text(CARELESS)
    code, lines = fixes(labels, shlex.join([sys.executable, str(checker)]))
    assert code == 1
    assert [line.strip() for line in lines[1:4]] == [
        "does not parse: app.py",
        "a second run changes it: app.py",
        "new: FSL101 in app.py (+2)",
    ]
