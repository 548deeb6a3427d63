"""From paths to findings, one file after another: for flake8, whose processes ask about a file at a time.

What all of them have to know is found out before they are made as copies of this one, the rest by each when it is
asked. What a process finds it keeps in the cache when it ends, in an entry of its own; a later run puts them together.
"""

from __future__ import annotations

import functools
import gc
import os
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi_session_lint.cache.folder import Cache, Caching
from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Heeded
from fastapi_session_lint.plugins import rules_of
from fastapi_session_lint.runner import Sources, check_codes, collector_paused
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import Work

if TYPE_CHECKING:
    from fastapi_session_lint.judge import Judge
    from fastapi_session_lint.readings import Reading
    from fastapi_session_lint.rules.base import Rule

_FILES = "files"


class OneByOne:
    """The findings in each of the files to report, worked out when they are asked for."""

    def __init__(self, work: Iterable[Work], heeded: Heeded, caching: Caching) -> None:
        """`heeded` are the comments that suppress."""
        sources = Sources()
        self._projects = [_Project(one, sources, heeded, caching) for one in work]
        self._by_path = {path: one for one in self._projects for path in one.report}

    def prepare(self) -> None:
        """Find out what every process would have to know. Raises settings.InvalidSettings."""
        with collector_paused():
            for one in self._projects:
                one.prepare()

    def findings(self, path: str) -> list[Finding]:
        """The findings in the file at an absolute path. Raises settings.InvalidSettings."""
        project = self._by_path.get(path)
        return [] if project is None else project.findings(path)


class _Project:
    """One piece of work, and what is known of its files so far."""

    def __init__(self, work: Work, sources: Sources, heeded: Heeded, caching: Caching) -> None:
        self.report = work.report
        self._work = work
        self._sources = sources.of(work)
        self._by_path = {one.path: one for one in self._sources}
        self._heeded = heeded
        self._models = caching.of(work.root, work.settings.cache_dir)
        self._cache = None if work.settings.plugins else self._models  # nobody knows when a plugin changes
        self._known: dict[str, list[Finding]] = {}
        self._new: dict[str, list[Finding]] = {}
        self._process: int | None = None

    def prepare(self) -> None:
        """Know what earlier runs have found, or read and link the project."""
        if self._cache is not None:
            self._known = self._kept(self._cache) or self._held(self._cache)
        if self._known:
            return  # there is hardly a file left to be judged
        self._judge.link()
        if self._work.settings.plugins:  # their rules may well compare one file with another
            self._judge_all()
        gc.freeze()  # the collector of each copy would go through all models, and so make all of their pages its own
        if self._cache is not None:
            self._cache.trim()

    def findings(self, path: str) -> list[Finding]:
        """The findings in one of the files to report."""
        if path not in self._known:
            with collector_paused():
                self._judge_one(path)
        return self._known[path]

    # --- judging ---

    @functools.cached_property
    def _readings(self) -> dict[Source, Reading]:
        from fastapi_session_lint.reading import read_by_processes  # a run that finds all in the cache needs it not

        check_codes(self._work)
        return read_by_processes(self._sources, 1, self._models, keeps=False)

    @functools.cached_property
    def _judge(self) -> Judge:
        from fastapi_session_lint.judge import Judge  # late, as above

        paths, readings = [one.path for one in self._sources], [self._readings[one] for one in self._sources]
        return Judge(paths, readings, self._work.settings, self._rules, self._work.versions)

    @functools.cached_property
    def _rules(self) -> Sequence[Rule]:
        return rules_of(self._work.settings.plugins)

    def _judge_one(self, path: str) -> None:
        judged = self._judge.findings({path})
        if any(one.code == INTERNAL_ERROR for one in judged):  # what crashes need not do so in file after file
            self._judge_all()
            return
        self._known |= self._told(judged, {path})
        if self._cache is not None:
            self._note(self._cache, path)

    def _judge_all(self) -> None:
        self._known = self._told(self._judge.findings(self.report), self.report)

    def _told(self, judged: Sequence[Finding], report: Collection[str]) -> dict[str, list[Finding]]:
        """What is told of the findings in some files, by path."""
        from fastapi_session_lint.readings import is_read  # late, as above

        asked = [self._by_path[path] for path in report]
        return self._finished(judged, [one for one in asked if is_read(self._readings[one])], report)

    def _finished(
        self, judged: Sequence[Finding], sources: Sequence[Source], report: Collection[str]
    ) -> dict[str, list[Finding]]:
        from fastapi_session_lint.engine import finish  # late, as above

        work, found = self._work, dict[str, list[Finding]]((path, []) for path in report)
        for one in finish(
            judged, sources, work.settings, heeded=self._heeded, ignores=work.ignores, rules=lambda: self._rules
        ):
            found.setdefault(one.path, []).append(one)
        return found

    # --- the cache ---

    @functools.cached_property
    def _key(self) -> str:
        from fastapi_session_lint.cache.keys import run_key  # late, as it is for runs with a cache alone

        return run_key(self._work, self._digests, self._heeded)

    @functools.cached_property
    def _digests(self) -> tuple[str, ...]:
        from fastapi_session_lint.cache.keys import digest_of  # late, as above

        return tuple(map(digest_of, self._sources))

    def _kept(self, cache: Cache) -> dict[str, list[Finding]]:
        """What the processes of earlier runs have kept, when everything was as it is now."""
        from fastapi_session_lint.cache.findings import files_decoded  # late, as above

        found: dict[str, list[Finding]] = {}
        for data in cache.parts(_FILES, self._key):
            found |= files_decoded(data, self._work.paths) or {}
        return found

    def _held(self, cache: Cache) -> dict[str, list[Finding]]:
        """What `fsl check` has found, when no file says anything else than it did then."""
        from fastapi_session_lint.cache.records import RECORDS  # late, as above
        from fastapi_session_lint.reuse import Records

        before = Records(cache, self._work, self._sources, self._digests).judged() if cache.has(RECORDS) else None
        if before is None:
            return {}
        found = self._finished(before.findings, before.sources, self.report)
        self._keep(cache, found)
        return found

    def _note(self, cache: Cache, path: str) -> None:
        """Have this process keep the findings in a file when it ends."""
        if self._process != os.getpid():
            from multiprocessing.util import Finalize  # a copy of a process runs nothing else at its end

            self._process = os.getpid()
            self._new = {}
            Finalize(None, lambda: self._keep(cache, self._new), exitpriority=0)
        self._new[path] = self._known[path]

    def _keep(self, cache: Cache, found: Mapping[str, Sequence[Finding]]) -> None:
        from fastapi_session_lint.cache.findings import files_encoded  # late, as above

        data = files_encoded(found, self._work.paths)
        if data is not None:
            cache.write(_FILES, f"{self._key}-{secrets.token_hex(4)}", data)
