"""Copies of a process: what they are told, how they share work, and that none of them is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastapi_session_lint.copies import can_copy, together

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
COUNTS = [1, 2, 3, 4, 5]


@pytest.fixture(autouse=True)
def none_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No copy that was made is left; other tests may have left processes of other kinds."""
    made: list[int] = []
    fork = os.fork

    def noted() -> int:
        made.append(fork())
        return made[-1]

    monkeypatch.setattr(os, "fork", noted)
    yield
    for one in made:
        with pytest.raises(ChildProcessError):
            os.waitpid(one, os.WNOHANG)


def who(piece: int) -> int:
    return os.getpid()


def meet(folder: Path, count: int) -> None:
    """Wait until so many processes have come here."""
    (folder / f"met-{os.getpid()}").touch()
    while len(list(folder.glob("met-*"))) < count:
        time.sleep(0.001)


@pytest.mark.parametrize("count", COUNTS)
def test_all_processes_work(count: int, tmp_path: Path) -> None:
    def work(piece: int) -> int:
        meet(tmp_path, count)
        return os.getpid()

    found = together(range(count * 3), count, work)
    assert found is not None
    assert len(set(found)) == count
    assert os.getpid() in found


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("pieces", [0, 1, 7, 30])
def test_each_piece_is_done_once(count: int, pieces: int, tmp_path: Path) -> None:
    def work(piece: int) -> int:
        (tmp_path / f"{piece}-{os.getpid()}").touch()
        return -piece

    assert together(range(pieces), count, work) == [-piece for piece in range(pieces)]
    assert len(list(tmp_path.iterdir())) == pieces


def test_a_process_that_is_slow_leaves_pieces_to_its_neighbour(tmp_path: Path) -> None:
    parent, begun, over = os.getpid(), tmp_path / "begun", tmp_path / "over"

    def work(piece: int) -> int:
        if os.getpid() == parent:
            wait_for(begun)  # so that the copy has a piece, and is at it until there is no other one left
            if piece == 28:
                over.touch()
        else:
            begun.touch()
            wait_for(over)
        return os.getpid()

    found = together(range(30), 2, work)
    assert found is not None
    assert [one == parent for one in found] == [*[True] * 29, False]  # the first from the start, the other from the end


def wait_for(path: Path) -> None:
    """Wait until there is a file."""
    while not path.exists():
        time.sleep(0.001)


def test_this_process_has_something_to_do_before(tmp_path: Path) -> None:
    done: list[str] = []

    def work(piece: int) -> tuple[bool, list[str]]:
        meet(tmp_path, 2)
        return os.getpid() == parent, list(done)

    parent = os.getpid()
    found = together(range(20), 2, work, lambda: done.append("first"))
    assert found is not None
    assert {(is_here, tuple(before)) for is_here, before in found} == {(True, ("first",)), (False, ())}


def test_much_can_be_sent() -> None:
    found = together(range(6), 3, lambda piece: f"{piece}" * 300_000)  # more than a pipe takes at once
    assert found == [f"{piece}" * 300_000 for piece in range(6)]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_that_is_killed_is_told(number: signal.Signals, tmp_path: Path) -> None:
    parent = os.getpid()

    def work(piece: int) -> None:
        meet(tmp_path, 3)
        if os.getpid() != parent:
            os.kill(os.getpid(), number)

    assert together(range(30), 3, work) is None


def test_an_error_in_a_copy_is_told_without_a_word(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    parent = os.getpid()

    def work(piece: int) -> float:
        meet(tmp_path, 2)
        return 1 / (os.getpid() == parent)

    assert together(range(20), 2, work) is None
    assert capfd.readouterr() == ("", "")


def test_an_error_in_this_process_ends_the_others() -> None:
    parent = os.getpid()

    def work(piece: int) -> None:
        if os.getpid() == parent:
            raise KeyboardInterrupt
        time.sleep(600)

    with pytest.raises(KeyboardInterrupt):
        together(range(20), 4, work)


def test_a_copy_that_is_ended_may_tidy_up(tmp_path: Path) -> None:
    parent = os.getpid()
    begun, tidied = tmp_path / "begun", tmp_path / "tidied"

    def work(piece: int) -> None:
        if os.getpid() != parent:
            try:
                begun.touch()
                time.sleep(600)
            finally:
                tidied.touch()
        while not begun.exists():
            time.sleep(0.001)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        together(range(2), 2, work)
    assert tidied.exists()


def test_there_may_be_no_more_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    fork, made = os.fork, []

    def limited() -> int:
        if made:
            raise BlockingIOError
        made.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", limited)
    assert together(range(3), 3, who) is None


def test_no_file_is_left_open() -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    parent = os.getpid()
    together(range(9), 4, who)
    together(range(9), 2, lambda piece: 1 // (os.getpid() == parent))
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_beside_a_thread_there_are_no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threading.active_count", lambda: 1)
    monkeypatch.setattr("sys.platform", "linux")
    assert can_copy()
    monkeypatch.setattr("threading.active_count", lambda: 2)
    assert not can_copy()
