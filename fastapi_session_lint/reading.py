"""Sources to models by several processes: each file is parsed once, and nothing but models comes back.

Nothing here is about processes in particular: the work is handed to a `concurrent.futures.Executor`, whichever it is.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager

from fastapi_session_lint.engine import Reading, injected_names_of, load_parser, read
from fastapi_session_lint.source import Source

_WORTH_A_PROCESS = 300_000
"""Bytes of source for each process: a process takes as long to come up as it takes to read a fifth of these."""
_PIECES = 12
"""Pieces of work for each process: enough that all are done at about the same time."""


def read_all(sources: Sequence[Source], executor: Executor | None = None, pieces: int = 1) -> dict[Source, Reading]:
    """The readings of all sources; the order of the work says nothing about them.

    With an executor the sources are cut into that many pieces. What it has not begun by the time that this process is
    idle is done here, so that no process waits for another.
    """
    names = injected_names_of(sources)
    if executor is None:
        return {source: read(source, names) for source in sources}
    shares = _shares(sources, pieces)
    waiting = [executor.submit(read_some, share, names) for share in shares]
    found: dict[Source, Reading] = {}
    for share, future in zip(reversed(shares), reversed(waiting), strict=True):
        if future.cancel():
            found.update(zip(share, read_some(share, names), strict=True))
    for share, future in zip(shares, waiting, strict=True):
        if not future.cancelled():
            try:
                readings = future.result()
            except BrokenExecutor:  # a worker was killed, most likely for want of memory
                readings = read_some(share, names)
            found.update(zip(share, readings, strict=True))
    return found


def read_some(sources: Sequence[Source], names: frozenset[str]) -> list[Reading]:
    """The readings of a few sources, in their order: what a worker does."""
    return [read(source, names) for source in sources]


def _shares(sources: Sequence[Source], count: int) -> list[list[Source]]:
    """The sources in so many pieces of about the same size, the large files first."""
    shares: list[list[Source]] = [[] for _ in range(count)]
    for number, source in enumerate(sorted(sources, key=lambda one: -len(one.data))):
        shares[number % count].append(source)
    return [share for share in shares if share]


# --- processes -------------------------------------------------------------------------------------------------------


def read_by_processes(sources: Sequence[Source], jobs: int | None) -> dict[Source, Reading]:
    """The readings of all sources by so many processes, this one included; None is as many as are worth it."""
    count = jobs or min(_processors(), sum(len(source.data) for source in sources) // _WORTH_A_PROCESS)
    if count < 2 or len(sources) < count:
        return read_all(sources)
    with _workers(count - 1) as executor:
        return read_all(sources, executor, _PIECES * count)


def _processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _workers(count: int) -> Iterator[Executor | None]:
    """A pool of processes, None where the system has none to give. An error in here takes what waits off the list."""
    import multiprocessing  # these take long, and most runs do without
    from concurrent.futures.process import ProcessPoolExecutor

    # To fork is quickest by far, and right as long as there is a single thread.
    forks = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    try:
        context = multiprocessing.get_context("fork" if forks else None)
        executor = ProcessPoolExecutor(count, context, _prepare)
    except (OSError, ImportError, NotImplementedError):
        yield None
        return
    if forks:
        load_parser()  # what is there before a fork is not imported twice
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _prepare() -> None:
    """Make a worker of this process: it is ended by its parent, be it that the parent is gone."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
