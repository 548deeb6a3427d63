"""From one piece of work to its findings, by whatever of it is known already and as many processes as are worth it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from fastapi_session_lint import engine
from fastapi_session_lint.cache.folder import Cache
from fastapi_session_lint.findings import Finding, Fix, Heeded, Repair
from fastapi_session_lint.plugins import rules_of, wanted_codes
from fastapi_session_lint.reuse import Components, Records
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import Work

if TYPE_CHECKING:
    from fastapi_session_lint.judging import Judged

_FIXES = "fixes"
Finish = Callable[[Sequence[Finding], Sequence[Source]], list[Finding]]
"""What is told of the findings in some files, see engine.finish."""


def judge(
    work: Work,
    sources: Sequence[Source],
    heeded: Heeded,
    jobs: int | None,
    cache: Cache | None,
    *,
    with_fixes: bool,
    with_sites: bool,
    digests: tuple[str, ...] | None = None,
) -> list[Finding]:
    """The findings in the files to report, in their order. `sources` are all files of the project,
    with their `digests` where these are known.

    Unless all is known they come `with_sites` where these are asked for, or are to be kept. Raises InvalidSettings for
    an unknown code, unless all is known from a run with the same settings.
    """
    finish = functools.partial(
        engine.finish,
        settings=work.settings,
        with_fixes=with_fixes,
        heeded=heeded,
        ignores=work.ignores,
        rules=functools.partial(rules_of, work.settings.plugins),
        planner=None if cache is None else functools.partial(_planned, cache),
    )
    records = None if cache is None or work.settings.plugins else Records(cache, work, sources, digests)
    before = None if records is None else records.judged()
    if before is not None:
        return finish(before.findings, before.sources)
    wanted_codes(work.settings)
    anew = _Anew(work, sources, finish, jobs, cache, with_fixes=with_fixes)
    return anew.findings(records, with_sites=with_sites)


class _Anew:
    """A project that is read and linked, since it says something else than the last time."""

    def __init__(
        self,
        work: Work,
        sources: Sequence[Source],
        finish: Finish,
        jobs: int | None,
        cache: Cache | None,
        *,
        with_fixes: bool,
    ) -> None:
        from fastapi_session_lint.judge import Judge  # late: who knows all findings from before needs none of these
        from fastapi_session_lint.reading import read_by_processes
        from fastapi_session_lint.readings import is_read

        self._work = work
        self._sources = {one.path: one for one in sources}
        self._finish = finish
        self._jobs = jobs
        self._cache = cache
        self._injected = [engine.injected_names_of([source]) for source in sources]
        self._names = frozenset[str]().union(*self._injected)
        self._known = read_by_processes(sources, jobs, cache, self._names, with_fixes=with_fixes)
        self._unread = frozenset(number for number, one in enumerate(sources) if not is_read(self._known[one]))
        readings = [self._known[one] for one in sources]
        rules = rules_of(work.settings.plugins)
        self._project = Judge([*self._sources], readings, work.settings, rules, work.versions, keeps=False)

    def findings(self, records: Records | None, *, with_sites: bool) -> list[Finding]:
        """What is told in the end; what was judged is kept in the `records`, if there are any."""
        if records is None or self._cache is None:
            return self._judged(self._work.report, sites=with_sites).told
        from fastapi_session_lint.cache.keys import model_key  # late, as it is for runs with a cache alone

        models = [model_key(source, self._names) for source in self._sources.values()]
        components = Components(self._cache, self._work, self._project, dict(zip(self._sources, models, strict=True)))
        judged = self._judged(self._work.report - components.paths, sites=True)
        components.keep(judged.made)
        records.keep(models, self._injected, self._unread, [*components.findings, *judged.made])
        return [*judged.told, *self._told(components.findings, components.paths)]

    def _judged(self, paths: Collection[str], *, sites: bool) -> Judged:
        """What is found in some of the files, with the `sites` of the findings where they are to be kept."""
        from fastapi_session_lint.judging import Judged, check_by_processes  # late, as above
        from fastapi_session_lint.sites import sited

        def check(report: frozenset[str]) -> Judged:
            made = self._project.findings(report)
            made = sited(made, self._sources) if sites else made
            return Judged(made, self._told(made, report))

        ordered = [self._sources[path] for path in self._project.in_order(paths)]
        return check_by_processes(
            check, {one.path: engine.weight(one, self._known[one]) for one in ordered}, self._jobs
        )

    def _told(self, made: Sequence[Finding], paths: Collection[str]) -> list[Finding]:
        numbered = enumerate(self._sources.values())
        read_well = [one for number, one in numbered if one.path in paths and number not in self._unread]
        return self._finish(made, read_well)


def _planned(cache: Cache, source: Source, repairs: Sequence[Repair]) -> Sequence[Fix | None]:
    """The fixes of a file as an earlier run has planned them, or planned now for later runs."""
    from fastapi_session_lint.cache.findings import fixes_decoded, fixes_encoded  # late, as above
    from fastapi_session_lint.cache.keys import fixes_key

    key = fixes_key(source, repairs)
    data = cache.read(_FIXES, key)
    known = None if data is None else fixes_decoded(data, len(repairs))
    if known is None:
        known = list(engine.planned(source, repairs))
        cache.write(_FIXES, key, fixes_encoded(known))
    return known
