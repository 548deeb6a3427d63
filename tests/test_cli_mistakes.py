"""Wrong usage, broken configuration, interruptions: one line on standard error, and never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint.settings import OUTPUT_FORMATS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], "unknown command `chek`; did you mean `check`?"),
        (["app"], "unknown command `app`; did you mean `fsl check app`?"),
        (["zzzzzz"], "unknown command `zzzzzz`"),
        (["rule"], "give one CODE, such as FSL101, or --all"),
        (["rule", "FSL101", "--all"], "give one CODE, such as FSL101, or --all"),
        (["rule", "FSL1O1"], "unknown rule `FSL1O1`; did you mean `FSL101`?"),
        (["rule", "fsl6"], "`fsl6` is a prefix: give one of FSL601"),
        (["check", "--select", ""], "`--select` names no code"),
        (["check", "--select", " , "], "`--select` names no code"),
        (["check", "--stdin-filename", "app/db.py"], "--stdin-filename belongs to `-`, standard input"),
        (["check", "nowhere"], "nowhere: no such file or folder"),
        (["check", "app", "nowhere/x.py"], "nowhere/x.py: no such file or folder"),
        (["check", "--select", "FSL1O1"], "unknown rule `FSL1O1`; did you mean `FSL101`?"),
        (["check", "--ignore", "FSL78"], "unknown rule `FSL78`"),
        (["check", "--extend-select", "fsl101"], "unknown rule `fsl101`; did you mean `FSL101`?"),
        (["check", "--select", "E501"], "unknown rule `E501`"),
    ],
)
def test_wrong_usage(shop: Any, arguments: list[str], message: str) -> None:
    done = shop.fsl(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--select", "--ignore", "--extend-select", "--fixable", "--unfixable"])
def test_a_file_is_not_blamed_for_what_the_command_line_says(shop: Any, option: str) -> None:
    shop.write({"fsl.toml": 'extend-select = ["FSL209"]\n'})
    done = shop.fsl("check", option, "FSL1O1")
    assert done == (2, "", "error: unknown rule `FSL1O1`; did you mean `FSL101`?\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "--selct", "FSL1"], ["--selct", "--select"]),
        (["check", "--output-format", "xml"], ["--output-format", "xml", "full", "concise", "json"]),
        (["check", "--fail-on", "never"], ["--fail-on", "error", "warning", "info"]),
        (["check", "--color", "blue"], ["--color", "always"]),
        (["check", "--select"], ["--select"]),
        (["--nonsense"], ["--nonsense"]),
    ],
)
def test_wrong_option(shop: Any, arguments: list[str], words: list[str]) -> None:
    done = shop.fsl(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("error: ")
    assert [word for word in words if word not in done.err] == []


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('selct = ["FSL1"]', "unknown key `selct`; did you mean `select`?"),
        ("zzz = 1", "unknown key `zzz`"),
        ('select = ["FSL1O1"]', "unknown rule `FSL1O1`; did you mean `FSL101`?"),
        ('ignore = [""]', "unknown rule ``"),
        ('select = "FSL1"', "`select` must be a list of strings"),
        ("select = [1]", "`select` must be a list of strings"),
        ('respect-gitignore = "yes"', "`respect-gitignore` must be true or false"),
        ("output-format = 3", "`output-format` must be a string"),
        ('output-format = "xml"', f"`output-format` must be one of {', '.join(OUTPUT_FORMATS)}"),
        ('fail-on = "never"', "`fail-on` must be one of error, warning, info"),
    ],
)
def test_wrong_configuration(shop: Any, table: str, message: str) -> None:
    shop.write({"pyproject.toml": f"[tool.fastapi-session-lint]\n{table}\n"})
    done = shop.fsl("check")
    assert done == (2, "", f"error: {shop.root}/pyproject.toml: {message}\n")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[tool.fastapi-session-lint]\nselect = [\n", "3:1: broken TOML: "),
        ("[tool.fastapi-session-lint]\nselect = oops\n", "2:10: broken TOML: "),
        ("this is no TOML", "1:6: broken TOML: "),
        (b"[tool.x]\nname = '\xff'\n", " not valid UTF-8 at byte 17"),
        ("tool.fastapi-session-lint = 3", " `tool.fastapi-session-lint` must be a table"),
    ],
)
def test_broken_toml(shop: Any, text: str | bytes, place: str) -> None:
    shop.write({"pyproject.toml": text})
    done = shop.fsl("check", "app/db.py")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"error: {shop.root}/pyproject.toml:{place}")


def test_strange_names_do_not_reach_the_terminal(shop: Any) -> None:
    done = shop.fsl("check", "no\x1b[31m\nwhere")
    assert done == (2, "", "error: no\\x1b[31m where: no such file or folder\n")


def test_crash_is_one_line(shop: Any) -> None:
    broken = (
        "import sys\nfrom fastapi_session_lint import runner, __main__\n"
        "def check(*_, **__): raise RuntimeError('the moon\\nis full')\n"
        "runner.check = check\nsys.exit(__main__.main())\n"
    )
    done = shop.python("-c", broken, "check")
    assert done == (2, "", "internal error: RuntimeError: the moon is full (-v shows where)\n")
    done = shop.python("-c", broken, "check", "-v")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Traceback (most recent call last):")
    assert done.err.endswith("\ninternal error: RuntimeError: the moon is full\n")


def test_no_files_is_said(project: Any) -> None:
    done = project.fsl("check")
    assert done == (0, "All checks passed!\n", "warning: no Python files found\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["check"], 1), (["check", "app/jobs.py"], 1), (["rule", "--all"], 0), (["--help"], 0), (["--version"], 0)],
)
def test_closed_pipe_is_silent(shop: Any, arguments: list[str], code: int) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(40)})
    command = f"{sys.executable} -m fastapi_session_lint {' '.join(arguments)} | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=shop.root, capture_output=True, text=True, env=here()
    )
    assert (done.returncode, done.stderr) == (code, "")


SLEEPER = """
import sys, time
from fastapi_session_lint import __main__, runner

def check(*_, **__):
    print("here", flush=True)
    time.sleep(60)

runner.check = check
sys.exit(__main__.main())
"""


def test_interruption_is_silent(shop: Any) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLEEPER, "check"],
        cwd=shop.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=here(),
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


def here() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
