"""`fsl init`, `fsl version`, `fsl clean`, completion and the GitHub Action, each as it is really run."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from fastapi_session_lint import __version__
from fastapi_session_lint.settings import TABLE

ROOT = Path(__file__).parents[1]

# --- version ---


def test_version_as_json(project: Any) -> None:
    done = project.fsl("version", "--output-format", "json")
    told = json.loads(done.out)
    assert (done.code, done.err, told["version"], told["python"]) == (0, "", __version__, platform.python_version())
    assert set(told) == {"version", "python", "platform", "libcst"}
    assert project.fsl("version", "--output-format", "text").out == f"fsl {__version__}\n"


# --- clean ---


def test_clean_deletes_caches_and_nothing_else(shop: Any) -> None:
    assert shop.fsl("check").code == 1
    assert (shop.root / ".fsl_cache").is_dir()
    shop.write({"deep/.fsl_cache/note.txt": "mine"})
    done = shop.fsl("clean", cwd="app")
    assert done == (0, "", f"removed {shop.root}/.fsl_cache\n")
    assert not (shop.root / ".fsl_cache").exists()
    assert shop.text("deep/.fsl_cache/note.txt") == "mine"
    assert shop.fsl("clean") == (0, "", "no cache found\n")


def test_clean_finds_the_caches_of_projects_below(shop: Any) -> None:
    shop.write({"parts/one/pyproject.toml": "", "parts/one/a.py": shop.text("app/jobs.py")})
    shop.fsl("check", "parts/one")
    assert (shop.root / "parts/one/.fsl_cache").is_dir()
    assert shop.fsl("clean", "shop/parts", cwd="..").err == f"removed {shop.root}/parts/one/.fsl_cache\n"


def test_clean_of_nothing(project: Any) -> None:
    assert project.fsl("clean", "nowhere") == (2, "", "error: nowhere: no such folder\n")


# --- completion ---


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(project: Any, shell: str) -> None:
    done = project.fsl("generate-shell-completion", shell)
    assert done.code == 0
    assert f"_FSL_COMPLETE={shell}_complete" in done.out
    if shutil.which(shell):
        checked = subprocess.run([shell, "-n"], input=done.out.encode(), capture_output=True)
        assert (checked.returncode, checked.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("words", "number", "expected"),
    [
        ("fsl ", 1, {"check", "clean", "config", "init", "rule", "version", "generate-shell-completion"}),
        ("fsl ch", 1, {"check"}),
        ("fsl check --write", 2, {"--write-baseline"}),
        ("fsl check --output-format js", 3, {"json", "json-lines"}),
        ("fsl check --fail-on ", 3, {"error", "warning", "info"}),
        ("fsl generate-shell-completion f", 2, {"fish"}),
    ],
)
def test_completion_answers(project: Any, words: str, number: int, expected: set[str]) -> None:
    done = project.fsl(_FSL_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(number))
    assert done.err == ""
    assert {line.partition(",")[2] for line in done.out.splitlines()} == expected


def test_completion_in_a_real_bash(project: Any, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    command = tmp_path / "bin" / "fsl"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m fastapi_session_lint "$@"\n')
    command.chmod(0o755)
    script = (
        'eval "$(fsl generate-shell-completion bash)"\n'
        "COMP_WORDS=(fsl check --stat) COMP_CWORD=2\n"
        '_fsl_completion fsl --stat check\necho "${COMPREPLY[@]}"\n'
    )
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run([bash, "-c", script], capture_output=True, text=True, env={**os.environ, "PATH": path})
    assert (done.stdout, done.stderr) == ("--statistics\n", "")


def test_completion_of_an_unknown_shell(project: Any) -> None:
    done = project.fsl("generate-shell-completion", "csh")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)


# --- init ---


def table(text: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(text)["tool"][TABLE]
    return found


@pytest.mark.parametrize("before", ["", '[project]\nname = "x"', '[project]\nname = "x"\n', "a = 1\r\n"])
def test_init_puts_a_table_into_pyproject(shop: Any, before: str) -> None:
    shop.write({"pyproject.toml": before})
    done = shop.fsl("init")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("wrote pyproject.toml\n")
    after = shop.text("pyproject.toml")
    assert after.startswith(before)
    assert table(after) == {}
    assert shop.fsl("check", "app/db.py").code == 0


def test_what_init_writes_can_be_switched_on(shop: Any) -> None:
    shop.fsl("init")
    lines = [line.removeprefix("# ") for line in shop.text("pyproject.toml").splitlines()]
    shop.write({"pyproject.toml": "\n".join(lines)})
    assert len(table(shop.text("pyproject.toml"))) == 4
    assert shop.fsl("check", "--write-baseline").err == "wrote 3 findings to fsl-baseline.json\n"
    assert shop.fsl("check") == (0, "All checks passed!\n", "")


def test_init_writes_nothing_twice(shop: Any) -> None:
    shop.fsl("init")
    once = shop.text("pyproject.toml")
    done = shop.fsl("init")
    assert done.out.startswith("pyproject.toml has a configuration already: left as it is.\n")
    assert shop.text("pyproject.toml") == once


def test_init_dry_run_writes_nothing(shop: Any) -> None:
    done = shop.fsl("init", "--dry-run")
    assert done.out.startswith(f"would write pyproject.toml:\n\n    [tool.{TABLE}]\n")
    assert shop.text("pyproject.toml") == ""


def test_init_without_pyproject(shop: Any) -> None:
    (shop.root / "pyproject.toml").unlink()
    assert shop.fsl("init", "shop", cwd="..").out.startswith("wrote shop/fsl.toml\n")
    assert tomllib.loads(shop.text("fsl.toml")) == {}
    assert shop.fsl("init").out.startswith("fsl.toml has a configuration already")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({".pre-commit-config.yaml": "repos: []\n"}, "    - id: fsl"),
        ({".github/workflows/a.yml": ""}, "uses: fastapi-session-lint/fastapi-session-lint@"),
        ({".gitlab-ci.yml": ""}, "codequality: gl-code-quality-report.json"),
        ({".git/config": '[remote "origin"]\n\turl = git@github.com:a/b.git\n'}, "uses: actions/checkout@"),
        ({".git/config": '[remote "origin"]\n\turl = https://gitlab.example.org/a/b\n'}, "codequality: gl-code"),
        ({"setup.cfg": "[flake8]\n"}, "fastapi-session-lint[flake8]"),
        ({".flake8": "[flake8]\n"}, "fastapi-session-lint[flake8]"),
        ({"pyproject.toml": "[tool.ruff]\n"}, '[tool.ruff.lint]\n    external = ["FSL"]'),
        ({"ruff.toml": "line-length = 100\n"}, 'ruff.toml:\n\n    [lint]\n    external = ["FSL"]'),
    ],
)
def test_init_shows_what_suits_the_project(shop: Any, files: dict[str, str], words: str) -> None:
    assert words not in shop.fsl("init", "--dry-run").out
    shop.write(files)
    assert words in shop.fsl("init").out
    for name, text in files.items():
        assert shop.text(name).startswith(text)


@pytest.mark.parametrize(
    "files",
    [
        {"ruff.toml": '[lint]\nexternal = ["FSL"]\n'},
        {"pyproject.toml": '[tool.ruff.lint]\nexternal = ["V", "FSL"]\n'},
        {"setup.cfg": "[metadata]\n"},
        {"ruff.toml": "external = ['FSL']\n"},
    ],
)
def test_init_is_silent_about_what_is_done(shop: Any, files: dict[str, str]) -> None:
    out = shop.write(files).fsl("init").out
    assert "Ruff" not in out and "flake8" not in out


def test_init_snippets_are_yaml(shop: Any) -> None:
    shop.write({".pre-commit-config.yaml": "", ".github/a": "", ".gitlab-ci.yml": ""})
    blocks = shop.fsl("init").out.split(":\n\n")[1:]
    loaded = [yaml.safe_load(block.rpartition("\n\n")[0]) for block in blocks]
    assert loaded[0]["repos"][0]["hooks"] == [{"id": "fsl"}]
    assert loaded[1]["jobs"]["sessions"]["steps"][1]["uses"].startswith("fastapi-session-lint/")
    assert loaded[2]["sessions"]["script"][1].startswith("fsl check ")


def test_init_of_nothing(project: Any) -> None:
    assert project.fsl("init", "nowhere") == (2, "", "error: nowhere: no such folder\n")


# --- the GitHub Action ---


def action() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return loaded


def test_action_uses_only_inputs_that_it_has() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    used = {part.split("}")[0].strip() for part in text.split("${{ inputs.")[1:]}
    assert used == set(action()["inputs"])
    assert action()["runs"]["using"] == "composite"
    assert all(step.get("shell") == "bash" for step in action()["runs"]["steps"] if "run" in step)


@pytest.mark.parametrize(
    ("arguments", "sarif", "code"),
    [
        ("app", "", 1),
        ("app/db.py", "out.sarif", 0),
        ("--select FSL101 app/jobs.py", "out.sarif", 1),
        ("$(touch x)", "", 2),
    ],
)
def test_action_step_does_what_it_says(shop: Any, tmp_path: Path, arguments: str, sarif: str, code: int) -> None:
    command = tmp_path / "temp" / "fsl" / "bin" / "fsl"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m fastapi_session_lint "$@"\n')
    command.chmod(0o755)
    step = action()["runs"]["steps"][-1]
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path / "temp"), "FSL_ARGS": arguments, "FSL_SARIF": sarif}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]], cwd=shop.root, env=environment, capture_output=True, text=True
    )
    assert done.returncode == code
    assert ("::error file=app/jobs.py,line=9," in done.stdout) is (code == 1)
    assert (shop.root / "out.sarif").exists() is bool(sarif)
    assert not (shop.root / "x").exists()
