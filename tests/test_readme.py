"""README.md: its commands are those that CI runs, its output is real, its examples are accepted."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from fastapi_session_lint import options, selection, settings
from fastapi_session_lint.rules import all_rules

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAIN_JOB = "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/fsl check examples/bookshop"
TESTS = 'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest'


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_set_up_commands_stand_in_blocks_of_their_own() -> None:
    alone = [block.strip() for block in blocks("sh") if len(block.splitlines()) == 1]
    assert alone == [MAIN_JOB, TESTS]


def test_ci_takes_the_commands_of_the_readme() -> None:
    done = run("bash", ".ci/run", "--commands")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [MAIN_JOB, TESTS]


def test_ci_takes_them_out_of_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "run"
    script.write_bytes((ROOT / ".ci" / "run").read_bytes())
    for text, code, out in (
        ("python3 -m venv .venv && one\n\npython3 -m venv .venv && two\n", 0, ["one", "two"]),
        ("python3 -m venv .venv && one\n", 1, []),
    ):
        (tmp_path / "README.md").write_text(text)
        done = run("bash", str(script), "--commands")
        assert done.returncode == code
        assert [line.split()[-1] for line in done.stdout.splitlines()] == out


def test_output_is_that_of_a_real_run() -> None:
    done = run(sys.executable, "scripts/readme_output.py", "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_output_block_is_there_and_shows_findings() -> None:
    (shown,) = blocks("console")
    command, *output = shown.splitlines()
    assert command.startswith("$ fsl check examples/bookshop")
    assert {code for line in output for code in re.findall(r"FSL\d{3}", line)} >= {"FSL201", "FSL410"}


def test_stale_output_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    script = tmp_path / "scripts" / "readme_output.py"
    script.write_bytes((ROOT / "scripts" / "readme_output.py").read_bytes())
    (tmp_path / "fastapi_session_lint").symlink_to(ROOT / "fastapi_session_lint")
    stale = "# x\n<!-- output -->\n```console\n$ fsl --version\nfsl 99.99.99\n```\n<!-- end of output -->\n"
    readme = tmp_path / "README.md"
    readme.write_text(stale)
    assert run(sys.executable, str(script), "--check").returncode == 1
    assert readme.read_text() == stale
    assert run(sys.executable, str(script)).returncode == 0
    assert "99.99.99" not in readme.read_text()
    assert run(sys.executable, str(script), "--check").returncode == 0


def test_configuration_is_accepted() -> None:
    tables = [tomllib.loads(block).get("tool", {}).get(settings.TABLE) for block in blocks("toml")]
    (table,) = [one for one in tables if one is not None]
    values = options.parse(table, "README.md")
    assert set(values) <= {one.name for one in fields(settings.Settings)}
    selection.selected(settings.Settings(**values), {rule.code: rule.default for rule in all_rules()})


def test_codes_are_those_of_rules() -> None:
    known = {rule.code for rule in all_rules()}
    assert set(re.findall(r"FSL\d{3}", README)) <= known


@pytest.mark.parametrize("hook", ["fsl", "fsl-fix", "fsl-project"])
def test_hooks_exist(hook: str) -> None:
    assert f"`{hook}`" in README or f"- id: {hook}" in README
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert re.search(rf"^- id: {hook}$", hooks, re.MULTILINE)


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)#\s]+)", text):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
