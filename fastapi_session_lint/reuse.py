"""What earlier runs have judged and still holds.

Where the files that have changed since one of the last runs say what they said before, nothing is linked or judged
anew: the findings stay what they are, and move with their places (see comparison). Else no more is than the components
in which a file says something else.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.cache import findings as form
from fastapi_session_lint.cache.folder import Cache
from fastapi_session_lint.cache.keys import MODELS, component_key, digest_of, model_key, record_key
from fastapi_session_lint.cache.records import RECORDS, Record, decoded, encoded, name_of, nearest_first
from fastapi_session_lint.comparison import Moves, moves
from fastapi_session_lint.engine import injected_names_of, read, restored_reading, stored_reading
from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Note
from fastapi_session_lint.others import Others
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import Work

if TYPE_CHECKING:
    from fastapi_session_lint.judge import Judge

COMPONENTS = "components"
_RECORDS = 6
"""How many states of a project are kept."""
_MOST = 16
"""So many changed files are compared with what they were; when there are more, all are judged anew."""


class Before(NamedTuple):
    """The findings of the rules in all reported files, and the reported files that could be read."""

    findings: Sequence[Finding]
    sources: Sequence[Source]


class Records:
    """The record of one piece of work in a cache."""

    def __init__(
        self, cache: Cache, work: Work, sources: Sequence[Source], digests: tuple[str, ...] | None = None
    ) -> None:
        """`sources` are all files of the project, as they are now; their `digests`, if somebody has made them."""
        self._cache = cache
        self._key = record_key(work)
        self._report = work.report
        self._sources = sources
        self._paths = [one.path for one in sources]
        self._digests = tuple(map(digest_of, sources)) if digests is None else digests

    def judged(self) -> Before | None:
        """What an earlier run over these files has judged, if all of it still holds; None where it may not.

        What is found out is kept for the next run.
        """
        for data in nearest_first(self._cache.parts(RECORDS, self._key), self._digests):
            record = decoded(data, self._paths)
            now = None if record is None else self._as_of_now(record)
            if now is not None:
                numbered = enumerate(self._sources)
                reported = [one for number, one in numbered if number not in now.unread and one.path in self._report]
                return Before(now.findings, reported)
        return None

    def _as_of_now(self, record: Record) -> Record | None:
        """A record with the files as they are now; None where one of them says something else, or may."""
        changed = [number for number, digest in enumerate(self._digests) if digest != record.digests[number]]
        if not changed:
            return record
        now = _brought_forward(record, changed, self._sources, self._cache)
        if now is None:
            return None
        now = now._replace(digests=self._digests)
        self._write(now)
        return now

    def keep(
        self,
        models: Sequence[str],
        injected: Sequence[frozenset[str]],
        unread: frozenset[int],
        found: Sequence[Finding],
    ) -> None:
        """Keep what was judged for the next run.

        `models` and `injected` are for each file the key of its model and its injected names, `unread` the numbers of
        those that could not be read.
        """
        if any(one.code == INTERNAL_ERROR for one in found):
            return
        giving = {number: tuple(sorted(given)) for number, given in enumerate(injected) if given}
        self._write(Record(self._digests, tuple(models), giving, unread, found))

    def _write(self, record: Record) -> None:
        data = encoded(record, self._paths)
        if data is not None:
            self._cache.write(RECORDS, name_of(self._key, record.digests), data)
            self._cache.thin(RECORDS, self._key, _RECORDS)


class Components:
    """The findings of earlier runs in those components of a project of which no file says anything else."""

    def __init__(self, cache: Cache, work: Work, project: Judge, models: Mapping[str, str]) -> None:
        """`models` are the keys of the models by path."""
        self._cache = cache
        self._paths = work.paths
        self._report = work.report
        self._keys: dict[str, tuple[str, ...]] = {}
        if len(project.components) > 1:
            for one in project.components:
                members = [(module.path, models[module.path], project.links(module)) for module in one]
                self._keys[component_key(work, members)] = tuple(module.path for module in one)
        found = {key: self._read(key) for key in self._keys}
        self._known = {key: one for key, one in found.items() if one is not None}

    @property
    def findings(self) -> list[Finding]:
        """What is known."""
        return [one for found in self._known.values() for one in found]

    @property
    def paths(self) -> frozenset[str]:
        """The files to report of which all is known."""
        return self._report.intersection(path for key in self._known for path in self._keys[key])

    def keep(self, found: Iterable[Finding]) -> None:
        """Keep what was judged in the other components for later runs."""
        by_path: dict[str, list[Finding]] = {}
        for one in found:
            if one.code == INTERNAL_ERROR:
                return
            by_path.setdefault(one.path, []).append(one)
        for key in self._keys.keys() - self._known.keys():
            data = form.encoded([one for path in self._keys[key] for one in by_path.get(path, ())], self._paths)
            if data is not None:
                self._cache.write(COMPONENTS, key, data)

    def _read(self, key: str) -> list[Finding] | None:
        data = self._cache.read(COMPONENTS, key)
        return None if data is None else form.decoded(data, self._paths)


def _brought_forward(record: Record, changed: Sequence[int], sources: Sequence[Source], cache: Cache) -> Record | None:
    """The record with changed files as they are now; None where one of them says something else, or may."""
    if len(changed) > _MOST or not record.unread.isdisjoint(changed):
        return None
    injected = {
        **record.injected,
        **{number: tuple(sorted(injected_names_of([sources[number]]))) for number in changed},
    }
    names = frozenset(name for given in injected.values() for name in given)
    if names != frozenset(name for given in record.injected.values() for name in given):
        return None
    models, moved = list(record.models), dict[str, Moves]()
    parts = functools.cache(lambda: _parts([one.path for one in sources]))
    for number in changed:
        source = sources[number]
        found = _moves(source, record.models[number], names, Others(source, sources, parts), cache)
        if found is None:
            return None
        models[number], moved[source.path] = found
    findings = [_moved(one, moved) for one in record.findings]
    told = [one for one in findings if one is not None]
    if len(told) < len(findings):
        return None
    return record._replace(models=tuple(models), injected=injected, findings=told)


def _moves(source: Source, key: str, names: frozenset[str], others: Others, cache: Cache) -> tuple[str, Moves] | None:
    """The key of a changed file's model, and where its places are now; None where it says something else, or may."""
    data = cache.read(MODELS, key)
    before = None if data is None else restored_reading(data, source.path)
    after = read(source, names)
    kept = stored_reading(after)
    if before is None or kept is None:
        return None
    found = moves(before.module, after.module, others)
    if found is None:
        return None
    key = model_key(source, names)
    cache.write(MODELS, key, kept)
    return key, found


def _parts(paths: Iterable[str]) -> frozenset[str]:
    """What the files and folders of a project are called, as an import would call them."""
    return frozenset(part.removesuffix(".py") for path in paths for part in path.split("/"))


def _moved(finding: Finding, moved: Mapping[str, Moves]) -> Finding | None:
    """A finding with all its places as they are now; its statement is looked up again where its file has changed."""
    here = moved.get(finding.path)
    trail = [_moved_note(note, moved.get(note.path)) for note in finding.trail]
    told = tuple(note for note in trail if note is not None)
    if len(told) < len(trail):
        return None
    if here is None:
        return replace(finding, trail=told) if told != finding.trail else finding
    span = here.moved(finding.span)
    repair = finding.repair
    place = None if repair is None else here.moved(repair.span)
    if span is None or (repair is not None and place is None):
        return None
    if repair is not None and place is not None:
        repair = replace(repair, span=place)
    return replace(finding, span=span, trail=told, repair=repair, site=None)


def _moved_note(note: Note, moves: Moves | None) -> Note | None:
    span = note.span if moves is None else moves.moved(note.span)
    return None if span is None else replace(note, span=span)
