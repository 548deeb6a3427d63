"""What a project needs to take this tool up: its configuration, and lines for the tools that it has already."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH110, PTH123, PTH208

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastapi_session_lint import __version__
from fastapi_session_lint.settings import TABLE

_HOME = "https://github.com/fastapi-session-lint/fastapi-session-lint"
_OPTIONS = """\
# extend-select = ["FSL209"]         # rules that are off by default: see `fsl rule --all`
# extend-exclude = ["migrations"]    # gitignore-like patterns
# baseline = "fsl-baseline.json"     # known findings: see `fsl check --write-baseline`
# fail-on = "error"                  # only errors fail a run; "info" fails it for everything
"""
_PRE_COMMIT = f"""\
repos:
  - repo: {_HOME}
    rev: v{__version__}
    hooks:
      - id: fsl
"""
_GITHUB = f"""\
jobs:
  sessions:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: fastapi-session-lint/fastapi-session-lint@v{__version__}
"""
_GITLAB = """\
sessions:
  image: python:3.12-slim
  script:
    - pip install fastapi-session-lint
    - fsl check --output-format full --output-format gitlab=gl-code-quality-report.json
  artifacts:
    when: always
    reports:
      codequality: gl-code-quality-report.json
"""
_PYPROJECT = "pyproject.toml"


class Advice(NamedTuple):
    """Lines for one tool: `why` is a sentence, `where` the file or the shell that they are for."""

    why: str
    where: str
    lines: str


class Plan(NamedTuple):
    """What would be written where; `text` is empty where there is a configuration already."""

    path: str
    text: str
    advice: tuple[Advice, ...]


def plan_introduction(folder: str) -> Plan:
    """The plan for the project in a folder, from the files that are there."""
    pyproject = posixpath.join(folder, _PYPROJECT)
    present = _read(pyproject)
    path = pyproject if present is not None else posixpath.join(folder, "fsl.toml")
    for one in (".fsl.toml", "fsl.toml"):
        if os.path.exists(posixpath.join(folder, one)):
            return Plan(posixpath.join(folder, one), "", tuple(_advice(folder)))
    if present is None:
        return Plan(path, _OPTIONS, tuple(_advice(folder)))
    if TABLE in _tools(present):
        return Plan(path, "", tuple(_advice(folder)))
    gap = "" if not present or present.endswith("\n\n") else "\n" if present.endswith("\n") else "\n\n"
    return Plan(path, f"{present}{gap}[tool.{TABLE}]\n{_OPTIONS}", tuple(_advice(folder)))


def _advice(folder: str) -> Iterator[Advice]:
    """What suits the tools that the project uses."""
    names = frozenset(os.listdir(folder))
    if ".pre-commit-config.yaml" in names or ".git" in names:
        yield Advice("pre-commit reports on the files of each commit.", ".pre-commit-config.yaml", _PRE_COMMIT)
    remotes = _read(f"{folder}/.git/config") or ""
    if ".github" in names or "github.com" in remotes:
        yield Advice("GitHub Actions.", ".github/workflows/sessions.yml", f"on: [push, pull_request]\n{_GITHUB}")
    if ".gitlab-ci.yml" in names or "gitlab" in remotes:
        yield Advice("GitLab shows the findings in the merge request.", ".gitlab-ci.yml", _GITLAB)
    if any(re.search(r"^\[flake8\]", _read(f"{folder}/{one}") or "", re.MULTILINE) for one in _FLAKE8):
        why = "flake8 is in use: with the plugin it reports the same codes."
        yield Advice(why, "shell", 'pip install "fastapi-session-lint[flake8]"\n')
    if (ruff := _ruff_unprepared(folder)) is not None:
        why = "Ruff is in use: without this line it deletes `# noqa` comments with our codes."
        yield Advice(why, ruff, f'[{"tool.ruff.lint" if ruff == _PYPROJECT else "lint"}]\nexternal = ["FSL"]\n')


_FLAKE8 = (".flake8", "setup.cfg", "tox.ini")


def _ruff_unprepared(folder: str) -> str | None:
    """The file that configures Ruff, where it does not name our codes."""
    for name in (".ruff.toml", "ruff.toml"):
        if (text := _read(f"{folder}/{name}")) is not None:
            return None if _names_us(_loaded(text)) else name
    table = _tools(_read(f"{folder}/{_PYPROJECT}") or "").get("ruff")
    return _PYPROJECT if isinstance(table, dict) and not _names_us(table) else None


def _names_us(table: Mapping[str, Any]) -> bool:
    lint = table.get("lint")
    listed = lint.get("external", ()) if isinstance(lint, dict) else table.get("external", ())
    return any(isinstance(one, str) and one and "FSL".startswith(one) for one in listed)


def _tools(text: str) -> Mapping[str, Any]:
    tools = _loaded(text).get("tool")
    return tools if isinstance(tools, dict) else {}


def _loaded(text: str) -> Mapping[str, Any]:
    """A TOML file; a broken one says nothing here: `fsl check` tells what is wrong with it."""
    import tomllib  # only this command reads so many files

    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError):
        return None
