"""Copies of this process that do a piece of work together with it.

What is in memory when a copy is made, nobody has to send. What is found afterwards goes through pipes, as pickles: none
but our own processes can write there.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NoReturn, TypeVar

_P = TypeVar("_P")
_T = TypeVar("_T")
_PATIENCE = 2.0
"""Seconds that a process may take to end when it is asked to."""
_MOMENT = 0.001
_PROTOCOL = 5
_AT_ONCE = 1 << 16
_SIZE = 8
"""The bytes that tell how many follow."""


def can_copy() -> bool:
    """Whether a process can be made as a copy of this one: right as long as there is a single thread.

    The libraries of macOS may start some by themselves:
    https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
    """
    return hasattr(os, "fork") and sys.platform != "darwin" and threading.active_count() == 1


def together(
    pieces: Sequence[_P], count: int, work: Callable[[_P], _T], first: Callable[[], object] | None = None
) -> list[_T] | None:
    """What the work makes of each piece, in their order, by so many processes; None where one of them failed.

    Two neighbours have a stretch of the pieces together: one begins at its start, the other at its end, until they
    meet. This process calls `first` before it takes a piece. No process is left, whatever happens in here.
    """
    with ExitStack() as closing:
        alive, life = _pipe(closing)
        shares = _shares(len(pieces), count, closing)
        copies: list[int] = []
        lines: list[int] = []
        closing.callback(_end, copies)
        try:
            for share in shares[1:]:
                back, there = os.pipe()
                closing.callback(os.close, back)
                try:
                    with undisturbed():
                        copies.append(os.fork() or _be_copy(pieces, share, work, there, alive, life))
                finally:
                    os.close(there)  # so that the end of the copy is the end of what comes from it
                lines.append(back)
            if first is not None:
                first()
            found = {number: work(pieces[number]) for number in shares[0]}
            for line in lines:
                found.update((number, pickle.loads(text)) for number, text in pickle.loads(_received(line)))
            return [found[number] for number in range(len(pieces))]
        except (OSError, EOFError):  # there are no more processes, or one was killed, most likely for want of memory
            return None


def _shares(pieces: int, count: int, closing: ExitStack) -> list[Iterator[int]]:
    """For each process the numbers of the pieces that are its own: each is given to one of two neighbours."""
    found = []
    for first in range(0, count, 2):
        members = min(2, count - first)
        stretch = range(pieces * first // count, pieces * (first + members) // count)
        tickets, printed = os.pipe()  # it has a byte for each piece that is left
        closing.callback(os.close, tickets)
        os.write(printed, bytes(len(stretch)))
        os.close(printed)
        found += [_taken(numbers, tickets) for numbers in (stretch, stretch[::-1])[:members]]
    return found


def _taken(numbers: Iterable[int], tickets: int) -> Iterator[int]:
    for number in numbers:
        if not os.read(tickets, 1):
            return
        yield number


def _pipe(closing: ExitStack) -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        closing.callback(os.close, end)
    return ends


def _be_copy(
    pieces: Sequence[_P], share: Iterable[int], work: Callable[[_P], object], line: int, alive: int, life: int
) -> NoReturn:
    """Do the work and go, without a word where it fails: the process that waits for it does it again."""
    try:
        os.close(life)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the first process to be interrupted
        signal.signal(signal.SIGTERM, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
        # Each is made a text at once: to do so takes as long as some work, and is to count for whose turn it is.
        _send(line, _pickled([(number, _pickled(work(pieces[number]))) for number in share]))
    finally:
        os._exit(0)


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit


def _end_with(alive: int) -> None:
    """End when the process is gone that has the other end of a pipe into which nobody writes."""
    os.read(alive, 1)
    os._exit(1)


def _end(copies: Sequence[int]) -> None:
    """End processes, those that are at work too: they leave no file half-written, if they do so in time."""
    for one in copies:
        with contextlib.suppress(OSError):  # somebody else has asked what became of it
            os.kill(one, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    for one in copies:
        with contextlib.suppress(OSError):
            while os.waitpid(one, os.WNOHANG) == (0, 0):
                if time.monotonic() > until:
                    os.kill(one, signal.SIGKILL)
                time.sleep(_MOMENT)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No interrupt in here, so that a process which has just come up does not tell of it by a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pickled(what: object) -> bytes:
    return pickle.dumps(what, _PROTOCOL)


def _send(line: int, text: bytes) -> None:
    left = memoryview(len(text).to_bytes(_SIZE, "big") + text)
    while left:
        left = left[os.write(line, left) :]


def _received(line: int) -> bytes:
    """What a copy has sent. Raises EOFError where it has ended before."""
    return _bytes(line, int.from_bytes(_bytes(line, _SIZE), "big"))


def _bytes(line: int, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        some = os.read(line, min(count - len(found), _AT_ONCE))
        if not some:
            raise EOFError
        found += some
    return bytes(found)
