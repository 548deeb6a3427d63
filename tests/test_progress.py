"""The line that moves on a terminal: after a second, on standard error, and gone at the end."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint.cli.progress import line

SLOW = """
import sys, time
from fastapi_session_lint import __main__, runner

def check(*_, **__):
    time.sleep({seconds})
    return []

runner.check = check
sys.exit(__main__.main())
"""


def on_terminal(shop: Any, seconds: float, *arguments: str, **environment: str) -> tuple[str, str]:
    """What a run that takes so long writes to standard output and, being a terminal, to standard error."""
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW.format(seconds=seconds), "check", *arguments],
        cwd=shop.root,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "TERM": "xterm", **environment},
        stdout=subprocess.PIPE,
        stderr=terminal,
    )
    os.close(terminal)
    said = b""
    try:
        while piece := os.read(main, 4096):
            said += piece
    except OSError:
        pass  # the other end is closed
    os.close(main)
    out, _ = process.communicate(timeout=60)
    return out.decode(), said.decode()


def test_a_long_run_is_shown_and_leaves_nothing(shop: Any) -> None:
    out, said = on_terminal(shop, 2.5)
    assert out == "All checks passed!\n"
    frames = said.split("\r")
    assert re.fullmatch(r"checking 2 files \[=== {21}\] 1 s", frames[1])
    assert len(set(frames)) > 5
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("seconds", "arguments", "environment"), [(0.1, (), {}), (2, ("-q",), {}), (2, (), {"TERM": "dumb"})]
)
def test_nothing_is_shown(shop: Any, seconds: float, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    assert on_terminal(shop, seconds, *arguments, **environment)[1] == ""


def test_nothing_is_shown_where_there_is_no_terminal(shop: Any) -> None:
    done = shop.python("-c", SLOW.format(seconds=1.5), "check")
    assert done == (0, "All checks passed!\n", "")


def test_the_line_goes_to_and_fro_within_its_track() -> None:
    lines = [line(1, drawn, 3.9) for drawn in range(43)]
    assert {len(one) for one in lines} == {len(lines[0])}
    assert lines[0] == lines[42] == "checking 1 file [===                     ] 3 s"
    assert lines[21] == "checking 1 file [                     ===] 3 s"
