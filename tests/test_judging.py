"""Judging by several processes: each judges its share with all models at hand, and the findings are those of one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fastapi_session_lint import engine, judging
from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Severity, Span
from fastapi_session_lint.judging import Judged, check_by_processes, shares
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source

EXAMPLES = Path(__file__).parent.parent / "examples"
SIZES = {"/p/a.py": 50, "/p/b.py": 40, "/p/c.py": 30, "/p/d.py": 20, "/p/e.py": 10}

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(autouse=True)
def several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests themselves may run beside other threads, which are of no matter here."""
    monkeypatch.setattr(judging, "can_copy", lambda: True)


def finding(path: str, code: str = "FSL101", message: str = "") -> Finding:
    return Finding(code, "name", Severity.ERROR, message or str(os.getpid()), path, Span(1, 0, 1, 1))


def found_by(check: Callable[[frozenset[str]], list[Finding]], jobs: int | None = 3) -> list[Finding]:
    found = check_by_processes(lambda report: judged(check(report)), SIZES, jobs)
    assert found.made == found.told
    return found.told


def judged(found: list[Finding]) -> Judged:
    return Judged(found, list(found))


def meet(folder: Path, count: int) -> None:
    """Wait until so many processes have come here."""
    (folder / str(os.getpid())).touch()
    while len(list(folder.iterdir())) < count:
        time.sleep(0.001)


def test_every_file_is_judged_once(tmp_path: Path) -> None:
    def check(report: frozenset[str]) -> list[Finding]:
        meet(tmp_path, 3)
        return [finding(path) for path in report]

    found = found_by(check)
    assert [one.path for one in found] == sorted(SIZES)
    assert len({one.message for one in found}) == 3
    assert str(os.getpid()) in {one.message for one in found}


@pytest.mark.parametrize(("jobs", "processes"), [(1, 1), (2, 2), (9, 5), (None, 1)])
def test_there_are_no_more_processes_than_are_worth_it(jobs: int | None, processes: int, tmp_path: Path) -> None:
    def check(report: frozenset[str]) -> list[Finding]:
        meet(tmp_path, processes)
        return [finding(path) for path in report]

    assert len({one.message for one in found_by(check, jobs)}) == processes


def test_shares_are_of_about_the_same_weight() -> None:
    parts = shares(SIZES, 2)
    assert sorted(path for part in parts for path in part) == sorted(SIZES)
    assert [sum(SIZES[path] for path in part) for part in parts] == [90, 60]


def test_the_findings_are_those_of_one_process() -> None:
    sources = [Source(path.as_posix(), path.read_bytes()) for path in sorted(EXAMPLES.rglob("*.py"))]
    settings = Settings(select=("ALL",))
    sizes = {source.path: len(source.data) for source in sources}

    def check(report: frozenset[str]) -> Judged:
        return judged(engine.check(sources, settings, report=report, with_fixes=True))

    alone = engine.check(sources, settings, with_fixes=True)
    assert alone
    assert check_by_processes(check, sizes, 4).told == alone


def test_a_crash_is_told_as_by_one_process() -> None:
    """A rule that crashes says nothing more of the files after it, in whichever share they are."""

    def check(report: frozenset[str]) -> list[Finding]:
        crash = [finding("/p/c.py", INTERNAL_ERROR)] if "/p/c.py" in report else []
        return [*crash, finding(min(report))]

    found = found_by(check)
    assert {one.message for one in found} == {str(os.getpid())}
    assert [one.path for one in found] == ["/p/c.py", "/p/a.py"]


def test_a_process_that_is_killed_is_done_without() -> None:
    parent = os.getpid()

    def check(report: frozenset[str]) -> list[Finding]:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return [finding(path) for path in report]

    found = found_by(check)
    assert sorted(one.path for one in found) == sorted(SIZES)
    assert {one.message for one in found} == {str(parent)}


def test_an_interrupt_leaves_no_process(tmp_path: Path) -> None:
    parent = os.getpid()

    def check(_: frozenset[str]) -> list[Finding]:
        meet(tmp_path, 3)
        if os.getpid() == parent:
            raise KeyboardInterrupt
        time.sleep(600)
        return []

    with pytest.raises(KeyboardInterrupt):
        found_by(check)
    for one in tmp_path.iterdir():
        if one.name != str(parent):
            with pytest.raises(ProcessLookupError):
                os.kill(int(one.name), 0)
