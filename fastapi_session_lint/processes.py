"""Processes beside this one: how many are worth while, and how they start and end."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def are_copies() -> bool:
    """Whether the processes that others make of this one know what it knows."""
    import multiprocessing  # this takes long, and most runs do without

    return (multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]) == "fork"


@contextmanager
def workers(count: int) -> Iterator[Executor | None]:
    """A pool of processes, None where the system has none to give. An error in here takes what waits off the list."""
    import multiprocessing  # these take long, and most runs do without
    from concurrent.futures.process import ProcessPoolExecutor

    try:
        executor = ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _prepare)
    except (OSError, ImportError, NotImplementedError):
        yield None
        return
    try:
        yield executor
    finally:  # after an interrupt, too, the workers end what they have begun: to kill one may block the queue for ever
        executor.shutdown(wait=True, cancel_futures=True)


def _prepare() -> None:
    """Make a worker of this process: it is for its parent to be interrupted, and when that is gone it ends."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
