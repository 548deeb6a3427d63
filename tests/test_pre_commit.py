"""The hooks, run by the real pre-commit in a temporary repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PACKAGED = ("fastapi_session_lint", "pyproject.toml", "LICENSE", "README.md", ".pre-commit-hooks.yaml")
NO_INDEX = re.compile(
    r"No matching distribution|Could not find a version|Failed to establish|Temporary failure|Retrying"
)
CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: fsl
        args: [--output-format, concise]
      - id: fsl-fix
        args: [--output-format, concise]
        stages: [manual]
      - id: fsl-project
        args: [--output-format, concise]
        stages: [manual]
"""


@dataclass(frozen=True, slots=True)
class Repository:
    """A Git repository and the environment in which its commands run."""

    root: Path
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True, timeout=540, check=False
        )

    def git(self, *arguments: str) -> str:
        done = self.run("git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit_all(self) -> str:
        """Commit everything; the new revision."""
        self.git("add", "-A")
        self.git("commit", "-qm", "x", "--no-verify")
        return self.git("rev-parse", "HEAD")

    def pre_commit(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "pre_commit", *arguments)

    def hook(self, name: str, *arguments: str) -> tuple[int, list[str]]:
        """How a hook ends, and the findings that it prints."""
        stage = [] if name == "fsl" else ["--hook-stage", "manual"]
        done = self.pre_commit("run", name, *stage, *arguments)
        return done.returncode, re.findall(r"^\S+\.py:\d+:\d+: FSL\d{3}", done.stdout, re.MULTILINE)


def repository(folder: Path, home: Path) -> Repository:
    folder.mkdir(exist_ok=True)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTHON"))}
    made = Repository(folder, {**kept, "PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull})
    made.git("init", "-q")
    return made


@pytest.fixture
def hooked(shop: Any, tmp_path: Path) -> Repository:
    """A repository with the three hooks installed, their environment built from this checkout."""
    home = tmp_path / "pre-commit"
    tool = repository(tmp_path / "tool", home)
    for name in PACKAGED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tool.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tool.root / name)
    revision = tool.commit_all()
    shop.write({".pre-commit-config.yaml": CONFIGURATION.format(repository=tool.root, revision=revision)})
    made = repository(shop.root, home)
    made.commit_all()
    installed = made.pre_commit("install", "--install-hooks")
    log = installed.stdout + installed.stderr
    if installed.returncode and NO_INDEX.search(log):
        pytest.skip("pip reaches no package index, so pre-commit cannot build the hooks' environment")
    assert installed.returncode == 0, log
    return made


def test_manifest_is_valid(project: Any) -> None:
    done = project.python("-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"))
    assert done == (0, "", "")


def test_hooks(hooked: Repository, shop: Any) -> None:
    found = ["app/jobs.py:5:11: FSL501", "app/jobs.py:9:10: FSL101", "app/jobs.py:14:10: FSL102"]

    # A commit of another file passes: only its own findings count.
    shop.write({"app/more.py": "x = 1\n"})
    hooked.git("add", "-A")
    assert hooked.hook("fsl") == (0, [])
    assert hooked.hook("fsl-project") == (1, found)

    # What a changed file says is judged with the unchanged rest of the project.
    shop.write({"app/more.py": "from app.db import SessionLocal\n\ndb = SessionLocal()\n"})
    hooked.git("add", "-A")
    refused = hooked.run("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-m", "y")
    assert refused.returncode == 1
    assert re.findall(r"^\S+\.py:\d+:\d+: FSL\d{3}", refused.stdout + refused.stderr, re.MULTILINE) == [
        "app/more.py:3:6: FSL301"
    ]
    assert hooked.hook("fsl", "--all-files") == (1, [*found, "app/more.py:3:6: FSL301"])

    # An excluded file stays out although pre-commit names it.
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nextend-exclude = ["more.py"]\n'})
    hooked.git("add", "-A")
    assert hooked.hook("fsl") == (0, [])
    assert hooked.hook("fsl", "--all-files") == (1, found)

    # Safe fixes are made, and the hook fails as the files have changed.
    assert hooked.hook("fsl-fix", "--files", "app/jobs.py") == (1, ["app/jobs.py:9:10: FSL101"])
    assert "    finally:\n        db.close()\n" in shop.text("app/jobs.py")
    assert hooked.hook("fsl-fix", "--files", "app/db.py") == (0, [])
