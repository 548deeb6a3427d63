"""`fsl check --watch`, through the real command: it reports again when something changes, and ends quietly."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
READY = "watching for changes; Ctrl-C ends it"


class Watching:
    """A run of the command, and the lines that it has printed; both streams are one."""

    def __init__(self, shop: Any, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "fastapi_session_lint",
                "check",
                "--watch",
                "-q",
                "--output-format",
                "concise",
                *arguments,
            ],
            cwd=shop.root,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def report(self) -> list[str]:
        """What the next run prints."""
        lines: list[str] = []
        while not lines or lines[-1] != READY:
            lines.append(self._lines.get(timeout=90))
        return lines[:-1]


@pytest.fixture
def watching(shop: Any) -> Iterator[Watching]:
    one = Watching(shop, "app")
    yield one
    one.process.kill()
    one.process.wait()


def test_watch_reports_again_and_ends_quietly(shop: Any, watching: Watching) -> None:
    assert len(watching.report()) == 3
    text = shop.text("app/jobs.py")
    shop.write({"app/jobs.py": text.replace("sqlite:///archive.db", "postgresql+psycopg://localhost/archive")})
    assert [line.split()[1] for line in watching.report()] == ["FSL101", "FSL102"]
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nselct = ["FSL101"]\n'})
    assert watching.report() == [f"error: {shop.root}/pyproject.toml: unknown key `selct`; did you mean `select`?"]
    shop.write({"pyproject.toml": '[tool.fastapi-session-lint]\nselect = ["FSL101"]\n'})
    assert [line.split()[1] for line in watching.report()] == ["FSL101"]
    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(timeout=60) == 130


def test_standard_input_and_missing_paths_are_not_watched(shop: Any) -> None:
    assert shop.fsl("check", "--watch", "-") == (2, "", "error: standard input cannot be watched\n")
    assert (
        shop.fsl("check", "--watch", "--write-baseline").err == "error: a baseline is written once: leave out --watch\n"
    )
    assert shop.fsl("check", "--watch", "nowhere") == (2, "", "error: nowhere: no such file or folder\n")


def test_without_watchfiles_it_says_what_to_install(shop: Any) -> None:
    code = (
        "import sys; sys.modules['watchfiles'] = None; sys.argv = ['fsl', 'check', '--watch']\n"
        "from fastapi_session_lint.__main__ import main; sys.exit(main())"
    )
    done = shop.python("-c", code)
    assert done == (2, "", 'error: --watch needs watchfiles: pip install "fastapi-session-lint[watch]"\n')
