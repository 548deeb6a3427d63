"""What pytest is told before it collects."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
# A shell ignores interrupts for what it starts in the background, and every child would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
SILENT = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM")
SHOP = {
    "app/db.py": """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("postgresql+psycopg://localhost/shop"))
""",
    "app/jobs.py": """\
from sqlalchemy import create_engine, select

from app.db import SessionLocal

archive = create_engine("sqlite:///archive.db")


def count() -> int:
    db = SessionLocal()
    return db.scalar(select(1))


def export() -> int:
    db = SessionLocal()
    found = db.scalar(select(1))
    db.close()
    return found
""",
}

collect_ignore = ["fixtures", "proofs"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite the snapshots of tests/fixtures")


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project in a temporary folder, and the real command run in it."""

    root: Path

    def write(self, files: Mapping[str, str | bytes]) -> Project:
        """Write files by their path inside the project."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def set_up_flake8(self, config: str = "") -> None:
        """Write flake8's configuration; a checkout that is not installed is named there, one that is must not be."""
        is_installed = any(entry_points(group="flake8.extension", name="FSL"))
        plugin = "[flake8:local-plugins]\nextension =\n    FSL = fastapi_session_lint.flake8_plugin:Plugin\n"
        self.write({".flake8": f"[flake8]\n{config}\n{'' if is_installed else plugin}"})

    def text(self, name: str) -> str:
        return (self.root / name).read_bytes().decode()

    def fsl(self, *arguments: str, **options: Any) -> Done:
        """What `fsl` with these arguments says."""
        return self.python("-m", "fastapi_session_lint", *arguments, **options)

    def python(self, *arguments: str, stdin: str | bytes = b"", cwd: str = ".", **environment: str) -> Done:
        """What Python says in this project, in a process of its own."""
        inherited = {key: value for key, value in os.environ.items() if key not in SILENT}
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root / cwd,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            env={**inherited, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            timeout=120,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project: nothing but the mark that makes its folder one."""
    return Project(tmp_path / "shop").write({"pyproject.toml": ""})


@pytest.fixture
def shop(project: Project) -> Project:
    """A project whose app/jobs.py has an error, a warning with a safe fix and an info, all across modules."""
    return project.write(SHOP)
