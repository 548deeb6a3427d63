"""A line on a terminal's standard error that moves while a run lasts.

A timer's signal draws it: a thread would keep the tool from forking the processes that read and judge files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from fastapi_session_lint.report.terminal import Terminal

_PATIENCE = 1.0
"""Seconds before anything is shown."""
_PACE = 0.1
_TRACK, _CAR = 24, "==="
_CLEAR = "\r\x1b[K"


@contextmanager
def progress(terminal: Terminal, files: int, *, is_wanted: bool) -> Iterator[None]:
    """Show how many files are checked and for how long already, once that is over a second."""
    if not is_wanted or not terminal.shows_progress():
        yield
        return
    import signal  # late: for terminals alone

    if not hasattr(signal, "setitimer"):
        yield
        return
    started = time.monotonic()
    drawn = 0

    def draw(_number: int, _frame: FrameType | None) -> None:
        nonlocal drawn
        terminal.note(f"\r{line(files, drawn, time.monotonic() - started)}")
        drawn += 1

    before = signal.signal(signal.SIGALRM, draw)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE, _PACE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if drawn:
            terminal.note(_CLEAR)


def line(files: int, drawn: int, seconds: float) -> str:
    """The line as it is drawn for the so-manieth time: what moves goes to and fro."""
    room = _TRACK - len(_CAR)
    place = room - abs(drawn % (2 * room) - room)
    track = f"{' ' * place}{_CAR}".ljust(_TRACK)
    return f"checking {files} {'file' if files == 1 else 'files'} [{track}] {int(seconds)} s"
