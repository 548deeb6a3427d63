"""From paths to findings: files are read, and the engine runs on each piece of work.

`check_paths` and `check_source` are the Python interface; the command line and flake8 use the same steps.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from fastapi_session_lint import files
from fastapi_session_lint.cache.folder import Cache, Caching
from fastapi_session_lint.configuration import Configurations
from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Heeded
from fastapi_session_lint.plugins import wanted_codes
from fastapi_session_lint.settings import InvalidSettings, Settings, UnknownCode
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import Work, plan

if TYPE_CHECKING:
    from fastapi_session_lint.inventory import Inventory

STDIN = "<stdin>"
_RUNS = "runs"
_UNCACHED = Caching()
_OWN_FROZEN = 5_000
"""Python 3.12 freezes some hundred objects of its own when it starts."""


@dataclass(slots=True)
class Sources:
    """The files of a run, each read when it is first asked for. What is in `given` is taken instead of the disk."""

    given: Mapping[str, bytes] = field(default_factory=dict)
    known: dict[str, Source] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Source:
        """The file at an absolute path, as it was when it was first read."""
        if path not in self.known:
            data = self.given.get(path)
            self.known[path] = files.read(path) if data is None else Source(path, data)
        return self.known[path]

    def of(self, work: Work) -> list[Source]:
        """The files of the whole project, in its order."""
        return [self[path] for path in work.paths]

    def change(self, path: str, data: bytes) -> None:
        """Go on with new content for a file."""
        self.known[path] = Source(path, data)

    def forget(self, paths: Iterable[str]) -> None:
        """Read files again when they are asked for."""
        for path in paths:
            self.known.pop(path, None)


@dataclass(frozen=True, slots=True)
class Fixes:
    """What became of fixes: the findings that are gone, those that stay, and what went wrong, a line each.

    `broken` tells of fixes that were taken back, which is a bug of ours; `unwritten` of files that kept their content.
    `changed` has the old and the new bytes of each file that was changed, or would be.
    """

    applied: tuple[Finding, ...]
    remaining: tuple[Finding, ...]
    broken: tuple[str, ...] = ()
    unwritten: tuple[str, ...] = ()
    changed: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)


def check_paths(
    paths: Sequence[str | os.PathLike[str]],
    settings: Settings | None = None,
    *,
    configurations: Configurations | None = None,
    given: Mapping[str, bytes] = MappingProxyType({}),
    with_fixes: bool = True,
    heeded: Heeded = Heeded.ALL,
    caching: Caching = _UNCACHED,
) -> list[Finding]:
    """The findings in files and folders, in their order and with their fixes.

    What the rest of each project says is known. `settings` hold for every file; where they are None the nearest
    configuration file decides, or `configurations`. `given` are contents by absolute path, in place of what is on the
    disk. Raises files.MissingPath and settings.InvalidSettings.
    """
    work = plan([os.fspath(path) for path in paths], configurations or Configurations(isolated=settings), given)
    return check(work, Sources(given), with_fixes=with_fixes, heeded=heeded, caching=caching)


def check_source(
    code: str | bytes, path: str | os.PathLike[str] = STDIN, settings: Settings | None = None
) -> list[Finding]:
    """The findings in a text, taken for the content of the file at `path`, which need not exist.

    What the rest of that file's project says is known; `settings` None means what its configuration says. Raises
    settings.InvalidSettings.
    """
    place = files.absolute(os.fspath(path))
    return check_paths([place], settings, given={place: code.encode() if isinstance(code, str) else code})


def check(
    work: Iterable[Work],
    sources: Sources,
    *,
    with_fixes: bool = True,
    heeded: Heeded = Heeded.ALL,
    caching: Caching = _UNCACHED,
    jobs: int | None = 1,
    with_sites: bool = False,
) -> list[Finding]:
    """The findings of all work, in their order, but for what the `heeded` comments suppress.

    Files are read by so many processes, as many as are worth it when None. `with_sites`: what the findings are known by
    will be asked, and is found by the same processes. Raises settings.InvalidSettings.
    """
    found: list[Finding] = []
    with collector_paused(), _thawed_again():
        for one in work:
            cache = caching.of(one.root, one.settings.cache_dir)
            judge = functools.partial(
                _judge, one, sources.of(one), heeded, jobs, cache, with_fixes=with_fixes, with_sites=with_sites
            )
            remembered = None if one.settings.plugins else cache  # nobody knows when a plugin changes
            asked = (with_fixes, heeded)
            found += judge() if remembered is None else _remembered(remembered, one, sources.of(one), asked, judge)
    return sorted(found, key=lambda finding: finding.order)


def _judge(
    work: Work,
    sources: Sequence[Source],
    heeded: Heeded,
    jobs: int | None,
    cache: Cache | None,
    digests: tuple[str, ...] | None = None,
    **asked_for: bool,
) -> list[Finding]:
    from fastapi_session_lint import all_at_once  # late: who finds everything in the cache needs no rules

    with _naming_the_configuration(work):
        return all_at_once.judge(work, sources, heeded, jobs, cache, digests=digests, **asked_for)


def _remembered(
    cache: Cache,
    work: Work,
    sources: Sequence[Source],
    options: tuple[object, ...],
    judge: Callable[..., list[Finding]],
) -> list[Finding]:
    """What an earlier run found when everything was as it is now; else what `judge` finds, for the next run to know."""
    from fastapi_session_lint.cache import findings as form  # late, as these two are for runs with a cache alone
    from fastapi_session_lint.cache.keys import digest_of, run_key

    digests = tuple(map(digest_of, sources))
    key = run_key(work, digests, *options)
    data = cache.read(_RUNS, key)
    known = None if data is None else form.decoded(data, work.paths)
    if known is not None:
        return known
    from fastapi_session_lint.sites import sited

    found = sited(judge(digests=digests), {source.path: source for source in sources})
    made = form.encoded(found, work.paths)
    if made is not None and not any(one.code == INTERNAL_ERROR for one in found):
        cache.write(_RUNS, key, made)
        cache.trim()
    return found


def understand(work: Iterable[Work], sources: Sources) -> dict[str, Inventory]:
    """What the tool understood, by the root of each project; where settings differ within one, of each part."""
    from fastapi_session_lint import engine  # late, as above

    found: dict[str, Inventory] = {}
    with collector_paused():
        for one in work:
            part = engine.understand(sources.of(one), one.settings, report=one.report, versions=one.versions)
            found[one.root] = found[one.root] + part if one.root in found else part
    return found


def check_codes(work: Work) -> None:
    """Hold the selection to the rules that exist. Raises settings.InvalidSettings, naming the configuration file."""
    with _naming_the_configuration(work):
        wanted_codes(work.settings)


@contextlib.contextmanager
def _naming_the_configuration(work: Work) -> Iterator[None]:
    """Say of invalid settings in which file they are."""
    try:
        yield
    except InvalidSettings as error:
        configuration = work.configuration
        is_told = not isinstance(error, UnknownCode) or error.code not in configuration.overriding
        where = f"{configuration.path}: " if configuration.path and is_told else ""
        raise InvalidSettings(f"{where}{error}") from error


@contextlib.contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage collection inside: trees are very many objects, none of them garbage until they are dropped whole."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextlib.contextmanager
def _thawed_again() -> Iterator[None]:
    """What is frozen inside, the collector may look at again afterwards, where nobody had frozen anything before."""
    is_free = gc.get_freeze_count() < _OWN_FROZEN  # it counts them one by one, so that this is for whole runs alone
    try:
        yield
    finally:
        if is_free:
            gc.unfreeze()
