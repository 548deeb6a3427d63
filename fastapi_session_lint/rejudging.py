"""A project judged again and again while its files are fixed: only what a changed file has a say in is judged anew."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeAlias

from fastapi_session_lint import engine
from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Fix, Repair
from fastapi_session_lint.judge import Judge
from fastapi_session_lint.readings import Reading, is_read
from fastapi_session_lint.rules import all_rules
from fastapi_session_lint.rules.base import Rule
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source
from fastapi_session_lint.versions import Versions

Judging: TypeAlias = Callable[[Judge, Mapping[str, int]], list[Finding]]
"""What is found in some files, which come by path with the weight of each: see engine.weight."""
_Said: TypeAlias = tuple[tuple[Source, tuple[str | None, ...]], ...]
"""All that is said in a component: the sources of its modules, and what the imports of each have led to."""


class Rejudging:
    """What engine.check does, for one project with one set of options; its findings are remembered by component."""

    def __init__(
        self,
        *,
        versions: Mapping[str, Versions] | None = None,
        known: dict[Source, Reading] | None = None,
        ignores: Mapping[str, Sequence[str]] | None = None,
        rules: Sequence[Rule] | None = None,
        judging: Judging | None = None,
    ) -> None:
        """The options of engine.check; `judging` may leave the work to other processes."""
        self._versions = versions
        self._known = {} if known is None else known
        self._ignores = ignores
        self._rules = all_rules() if rules is None else rules
        self._judging = judging or _judged_here
        self._found: dict[_Said, dict[str, list[Finding]]] = {}
        self._fixes: dict[tuple[Source, tuple[Repair, ...]], Sequence[Fix | None]] = {}

    def __call__(
        self,
        sources: Sequence[Source],
        settings: Settings,
        *,
        report: Collection[str] | None = None,
        with_fixes: bool = False,
    ) -> list[Finding]:
        """The findings in the files of `report`, all when None. Raises settings.InvalidSettings for an unknown code."""
        self._read(sources)
        asked = [one for one in sources if report is None or one.path in report]
        return engine.finish(
            self._judged(sources, settings, asked),
            [one for one in asked if is_read(self._known[one])],
            settings,
            with_fixes=with_fixes,
            ignores=self._ignores,
            rules=lambda: self._rules,
            planner=self._planned,
        )

    def _read(self, sources: Sequence[Source]) -> None:
        if unread := [source for source in sources if source not in self._known]:
            names = engine.injected_names_of(sources)
            self._known.update({source: engine.read(source, names) for source in unread})

    def _judged(self, sources: Sequence[Source], settings: Settings, asked: Sequence[Source]) -> list[Finding]:
        readings = [self._known[source] for source in sources]
        project = Judge([one.path for one in sources], readings, settings, self._rules, self._versions)
        components = [self._found.setdefault(said, {}) for said in _said(project, sources)]
        found = {path: findings for one in components for path, findings in one.items()}
        anew = [one for one in asked if one.path not in found]
        if anew and any(self._found.values()):
            gc.collect()  # the answers of the last time refer to themselves in circles; who fixes pauses the collector
        made = self._judging(project, {one.path: engine.weight(one, self._known[one]) for one in anew})
        if any(one.code == INTERNAL_ERROR for one in made):  # a rule that crashes says no more of the other files
            return made if len(anew) == len(asked) else project.findings([one.path for one in asked])
        found |= {one.path: [] for one in anew}
        for finding in made:
            found[finding.path].append(finding)
        for kept, component in zip(components, project.components, strict=True):
            kept.update({one.path: found[one.path] for one in component if one.path in found})
        return [finding for one in asked for finding in found[one.path]]

    def _planned(self, source: Source, repairs: Sequence[Repair]) -> Sequence[Fix | None]:
        key = source, tuple(repairs)
        if key not in self._fixes:
            self._fixes[key] = engine.planned(source, repairs)
        return self._fixes[key]


def _judged_here(project: Judge, weights: Mapping[str, int]) -> list[Finding]:
    return project.findings(weights.keys())


def _said(project: Judge, sources: Sequence[Source]) -> Iterator[_Said]:
    by_path = {one.path: one for one in sources}
    for component in project.components:
        yield tuple((by_path[module.path], project.links(module)) for module in component)
