"""Processes beside this one: how many are worth while, and how they start and end."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def can_fork() -> bool:
    """Whether a process can be made as a copy of this one: right as long as there is a single thread.

    The libraries of macOS may start some by themselves:
    https://docs.python.org/3/library/multiprocessing.html#contexts-and-start-methods
    """
    import multiprocessing  # this takes long, and most runs do without

    forks = sys.platform != "darwin" and "fork" in multiprocessing.get_all_start_methods()
    return forks and threading.active_count() == 1


def are_copies() -> bool:
    """Whether the processes that others make of this one know what it knows."""
    import multiprocessing  # late, as above

    return (multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]) == "fork"


@contextmanager
def workers(count: int, before_fork: Callable[[], None]) -> Iterator[Executor | None]:
    """A pool of processes, None where the system has none to give. An error in here takes what waits off the list.

    `before_fork` is called first where workers start as copies of this process, to import what they all need.
    """
    import multiprocessing  # these take long, and most runs do without
    from concurrent.futures.process import ProcessPoolExecutor

    # To fork is quickest by far.
    forks = can_fork()
    try:
        context = multiprocessing.get_context("fork" if forks else None)
        executor = ProcessPoolExecutor(count, context, prepare)
    except (OSError, ImportError, NotImplementedError):
        yield None
        return
    try:
        if forks:
            before_fork()
            with undisturbed():
                executor.submit(int)  # this starts all of them
        yield executor
    finally:  # after an interrupt, too, the workers end what they have begun: to kill one may block the queue for ever
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """No interrupt in here, so that a process which has just come up does not tell of it by a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def prepare() -> None:
    """Make a worker of this process: it is for its parent to be interrupted, and when that is gone it ends."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
