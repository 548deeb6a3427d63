"""Sources to models by several processes: each file is parsed once, and nothing but models comes back.

A process is made as a copy of this one where that can be. Elsewhere the work is handed to a
`concurrent.futures.Executor`, whichever it is.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi_session_lint.cache.folder import Cache
from fastapi_session_lint.cache.keys import MODELS, model_key
from fastapi_session_lint.copies import can_copy, together
from fastapi_session_lint.engine import (
    injected_names_of,
    load_parser,
    load_rules,
    read,
    restored_reading,
    stored_reading,
)
from fastapi_session_lint.processes import processors, workers
from fastapi_session_lint.readings import Reading
from fastapi_session_lint.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

_WORTH_A_PROCESS = 600_000
"""Bytes of source for each process: one takes as long to come up as it takes to read a tenth of these."""
_PIECES = 12
"""Pieces of work for each process: enough that all are done at about the same time."""
_FEWEST = 3
"""Where processes start from nothing, two are no quicker than one: to come up and send models takes them too long."""


def read_all(
    sources: Sequence[Source],
    names: frozenset[str],
    executor: Executor | None = None,
    pieces: int = 1,
    cache: Cache | None = None,
) -> dict[Source, Reading]:
    """The readings of all sources; the order of the work says nothing about them.

    With an executor the sources are cut into that many pieces. What it has not begun by the time that this process is
    idle is done here, so that no process waits for another. `names` are the injected names of the project.
    """
    if executor is None:
        return dict(zip(sources, read_some(sources, names, cache), strict=True))
    from concurrent.futures import BrokenExecutor  # late: most runs do without

    shares = _shares(sources, pieces)
    waiting = [_submitted(executor, share, names, cache) for share in shares]
    found: dict[Source, Reading] = {}
    for share, future in zip(reversed(shares), reversed(waiting), strict=True):
        if future.cancel():
            found.update(zip(share, read_some(share, names, cache), strict=True))
    for share, future in zip(shares, waiting, strict=True):
        if not future.cancelled():
            try:
                readings = future.result()
            except BrokenExecutor:  # a worker was killed, most likely for want of memory
                readings = read_some(share, names, cache)
            found.update(zip(share, readings, strict=True))
    return found


def _submitted(
    executor: Executor, share: Sequence[Source], names: frozenset[str], cache: Cache | None
) -> Future[list[Reading]]:
    from concurrent.futures import BrokenExecutor, Future  # late, as above

    try:
        return executor.submit(read_some, share, names, cache)
    except BrokenExecutor as error:
        broken: Future[list[Reading]] = Future()
        broken.set_exception(error)
        return broken


def read_some(sources: Sequence[Source], names: frozenset[str], cache: Cache | None) -> list[Reading]:
    """The readings of a few sources, in their order: what a worker does."""
    if cache is None:
        return [read(source, names) for source in sources]
    # Each process takes its own way through the files: those that share a cache then share the work as well.
    found: dict[Source, Reading] = {}
    for source in sorted(sources, key=lambda one: hash((one.path, os.getpid()))):
        key = model_key(source, names)
        found[source] = _remembered(source, key, cache) or _kept(source, key, names, cache)
    return [found[source] for source in sources]


def _remembered(source: Source, key: str, cache: Cache) -> Reading | None:
    """The reading that some run has kept; None when there is none."""
    data = cache.read(MODELS, key)
    return None if data is None else restored_reading(data, source.path)


def _kept(source: Source, key: str, names: frozenset[str], cache: Cache) -> Reading:
    """The source read, and kept for other runs."""
    reading = read(source, names)
    data = stored_reading(reading)
    if data is not None:
        cache.write(MODELS, key, data)
    return reading


def _shares(sources: Sequence[Source], count: int) -> list[list[Source]]:
    """The sources in so many pieces of about the same size, the large files first."""
    shares: list[list[Source]] = [[] for _ in range(count)]
    for number, source in enumerate(sorted(sources, key=lambda one: -len(one.data))):
        shares[number % count].append(source)
    return [share for share in shares if share]


# --- processes -------------------------------------------------------------------------------------------------------


def read_by_processes(
    sources: Sequence[Source],
    jobs: int | None,
    cache: Cache | None = None,
    names: frozenset[str] | None = None,
    *,
    keeps: bool = True,
    with_fixes: bool = False,
) -> dict[Source, Reading]:
    """The readings of all sources: from the cache, or by so many processes, this one included.

    When `jobs` is None there are as many as are worth it. `names` are the injected names of the project, where they
    have been looked for. What is not in the cache is put there if it `keeps` it. `with_fixes` tells that fixes will be
    planned, for which copies of this process find everything imported.
    """
    names = injected_names_of(sources) if names is None else names
    found: dict[Source, Reading] = {}
    if cache is not None and cache.has(MODELS):
        kept = ((source, _remembered(source, model_key(source, names), cache)) for source in sources)
        found = {source: reading for source, reading in kept if reading is not None}
    left = [source for source in sources if source not in found]
    cache = cache if keeps else None
    count = min(jobs or min(processors(), sum(len(source.data) for source in left) // _WORTH_A_PROCESS), len(left))
    if can_copy():
        return found | _read_by_copies(left, names, count, cache, with_fixes=with_fixes)
    if count < (_FEWEST if cache is None else 2):  # to write a cache is work to share, too
        return found | read_all(left, names, cache=cache)
    with workers(count - 1) as executor:
        return found | read_all(left, names, executor, _PIECES * count, cache)


def _read_by_copies(
    sources: Sequence[Source], names: frozenset[str], count: int, cache: Cache | None, *, with_fixes: bool
) -> dict[Source, Reading]:
    """The readings of all sources; what the rest of a run needs is imported here while the copies read already.

    In a project that is worth several processes there is hardly ever nothing to fix, and then all of them would import
    libcst, each for itself.
    """
    if count < 2:
        return read_all(sources, names, cache=cache)
    load_parser()
    pieces = _shares(sources, _PIECES * count)
    work = functools.partial(read_some, names=names, cache=cache)
    found = together(pieces, count, work, functools.partial(load_rules, with_fixes=with_fixes))
    if found is None:
        return read_all(sources, names, cache=cache)
    return dict(pair for piece, some in zip(pieces, found, strict=True) for pair in zip(piece, some, strict=True))
