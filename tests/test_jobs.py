"""Processes: the same findings for any number of them, and none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fastapi_session_lint import engine, reading
from fastapi_session_lint.cache.folder import Cache
from fastapi_session_lint.reading import read_all, read_by_processes
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

CHECK = ("check", "--output-format", "json", "--exit-zero", "--no-cache")
TEXT = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine("sqlite://"))


def count() -> int:
    db = SessionLocal()
    return db.scalar("select 1")
"""
SOURCES = [
    *(Source(f"/p/a{number}.py", TEXT.encode() * (number % 3 + 1)) for number in range(20)),
    Source("/p/broken.py", b"from sqlalchemy import (\n"),
    Source("/p/gone.py", b"", "the file is gone"),
    Source("/p/plain.py", b"print(1)\n"),
]

NAMES = engine.injected_names_of(SOURCES)


def found(known: Any) -> list[Any]:
    return engine.check(SOURCES, Settings(), with_fixes=True, known=known)


def test_findings_are_the_same_for_any_number_of_processes() -> None:
    alone = found({})
    assert {"FSL101", "FSL902"} <= {one.code for one in alone}
    for jobs in (1, 2, 3, None):
        known = read_by_processes(SOURCES, jobs)
        assert known.keys() == set(SOURCES)
        assert found(known) == alone


def test_where_a_process_cannot_be_copied_others_start_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "can_copy", lambda: False)
    assert found(read_by_processes(SOURCES, 3)) == found({})


def test_another_executor_can_be_handed_in() -> None:
    with ThreadPoolExecutor(2) as executor:
        assert found(read_all(SOURCES, NAMES, executor, 5)) == found({})


class Idle(Executor):
    """Begins nothing that it is given, or tells at once that it is broken."""

    def __init__(self, is_broken: bool) -> None:
        self.is_broken = is_broken

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.is_broken:
            future.set_exception(BrokenExecutor("a worker was killed"))
        return future


@pytest.mark.parametrize("is_broken", [False, True])
def test_what_no_worker_does_is_done_here(is_broken: bool) -> None:
    assert found(read_all(SOURCES, NAMES, Idle(is_broken), 4)) == found({})


def test_the_command_says_the_same_for_any_number(shop: Any) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(9)})
    alone = shop.fsl(*CHECK, "--jobs", "1")
    assert "FSL101" in alone.out
    assert shop.fsl(*CHECK, "--jobs", "3") == alone
    assert shop.fsl(*CHECK) == alone


def test_the_fixes_are_the_same_for_any_number(shop: Any) -> None:
    shop.write({f"app/jobs{number}.py": shop.text("app/jobs.py") for number in range(9)})
    options = ("--diff", "--unsafe-fixes", "--no-cache", "--jobs")
    alone = shop.fsl(*CHECK, *options, "1")
    assert alone.out.count("+    with SessionLocal() as db:") == 10
    assert shop.fsl(*CHECK, *options, "3") == alone


@pytest.mark.parametrize("value", ["0", "-1", "many", "1.5", "62", "²"])
def test_a_number_of_processes_that_is_none(shop: Any, value: str) -> None:
    done = shop.fsl("check", "--jobs", value)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert value in done.err


def children(parent: int) -> list[int]:
    """The processes that a process has started and that still run; Linux alone tells them."""
    return [int(one) for one in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.skipif(not Path(f"/proc/{os.getpid()}/task").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
@pytest.mark.parametrize("options", [[], ["--no-cache"]], ids=["cache", "no cache"])
def test_no_process_is_left(shop: Any, number: signal.Signals, options: list[str]) -> None:
    shop.write({f"app/many{count}.py": TEXT * 100 for count in range(60)})
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "fastapi_session_lint", *CHECK[:-1], *options, "--jobs", "3"]
    running = subprocess.Popen(command, cwd=shop.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    workers: list[int] = []
    while len(workers) < 2:
        assert running.poll() is None
        workers = children(running.pid)
        time.sleep(0.01)
    os.kill(running.pid, number)
    for one in workers if number is signal.SIGINT else ():
        os.kill(one, number)  # as a terminal does, which interrupts all of them
    out, err = running.communicate(timeout=60)
    assert (out, err) == (b"", b"")
    assert running.returncode == (130 if number is signal.SIGINT else -signal.SIGKILL)
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{one}").exists() for one in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [one for one in workers if Path(f"/proc/{one}").exists()]
    assert not list((shop.root / ".fsl_cache").rglob("*tmp*")) or number is signal.SIGKILL


def test_processes_fill_the_cache_for_each_other(tmp_path: Path) -> None:
    cache = Cache(str(tmp_path))
    alone = found(read_by_processes(SOURCES, 3, cache))
    assert alone == found({})
    assert len(list(tmp_path.rglob("models/*"))) == 4  # three texts and the plain one; two files have no model
    assert found(read_by_processes(SOURCES, 1, cache)) == alone
