"""Models in, findings out: the modules that have to do with each other are linked, and the rules asked about them."""

from __future__ import annotations

import functools
import gc
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding
from fastapi_session_lint.project.roots import ImportMap
from fastapi_session_lint.readings import Problem, Reading, crashed, last_line, problems
from fastapi_session_lint.rules import defaults
from fastapi_session_lint.selection import selected
from fastapi_session_lint.settings import Settings

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.inventory import Inventory
    from fastapi_session_lint.model.syntax import Module
    from fastapi_session_lint.project.components import Component
    from fastapi_session_lint.rules.base import Rule
    from fastapi_session_lint.versions import Versions


class Judge:
    """The selected rules, and models that have been read: they may be asked about some files after others.

    What is found in a file is the same, whatever was asked before; and no file of another component has a say in it.
    """

    def __init__(
        self,
        paths: Sequence[str],
        readings: Sequence[Reading],
        settings: Settings,
        rules: Sequence[Rule],
        versions: Mapping[str, Versions] | None = None,
        *,
        keeps: bool = True,
    ) -> None:
        """`paths` are all files of the project, with or without a model.

        Unless it `keeps` them, the answers about a component are forgotten when another one is asked about. Raises
        settings.InvalidSettings for an unknown code.
        """
        wanted = wanted_of(settings, rules)
        self._rules = [rule for rule in rules if rule.code in wanted]
        self._problems = [one for one in problems(readings) if one.code in wanted or one.code == INTERNAL_ERROR]
        self._modules = [one.module for one in readings if one.module is not None]
        self._paths = paths
        self._settings = settings
        self._versions = versions
        self._keeps = keeps
        self._contexts: dict[int, Context] = {}

    @functools.cached_property
    def components(self) -> list[Component]:
        """The modules as they belong together: what one component says does not depend on another.

        With rules of others all modules are one: such a rule may compare any of them.
        """
        from fastapi_session_lint.project.components import components

        if self._settings.plugins:
            return [tuple(self._modules)]
        return components(self._modules, self._imports)

    def links(self, module: Module) -> tuple[str | None, ...]:
        """What the imports of a module have led to."""
        from fastapi_session_lint.project.imports import links

        return links(module, self._imports)

    @functools.cached_property
    def _imports(self) -> ImportMap:
        from fastapi_session_lint.project.components import import_map

        return import_map(self._modules, self._paths, self._settings.src)

    def findings(self, report: Collection[str] | None) -> list[Finding]:
        """The findings in the files whose paths are in `report` (all when None), in their order."""
        findings = list(self._problems)
        for number in self._numbers(report):
            context = self._context(number)
            context.look_at(report)
            findings += [one for rule in self._rules for one in _run(rule, context)]
        unique = {
            finding.order: finding
            for finding in findings
            if report is None or finding.path in report or finding.code == INTERNAL_ERROR
        }
        return [unique[key] for key in sorted(unique)]

    def link(self) -> None:
        """Link all components now, so that copies of this process need not."""
        for number in range(len(self.components)):
            self._context(number)

    def in_order(self, paths: Iterable[str]) -> list[str]:
        """Paths as they are best asked about: one component after the other."""
        return sorted(paths, key=lambda path: (self._number_of.get(path, -1), path))

    def inventory(self, report: Collection[str] | None) -> Inventory:
        """What is understood of the files whose paths are in `report` (all when None)."""
        from fastapi_session_lint.inventory import NOTHING

        found = NOTHING
        for number in self._numbers(report):
            context = self._context(number)
            context.look_at(report)
            found += context.inventory()
        return found

    def _numbers(self, report: Collection[str] | None) -> list[int]:
        """The components with files to report, by their numbers."""
        if report is None:
            return list(range(len(self.components)))
        return sorted({self._number_of[path] for path in report if path in self._number_of})

    @functools.cached_property
    def _number_of(self) -> dict[str, int]:
        return {one.path: number for number, found in enumerate(self.components) for one in found}

    def _context(self, number: int) -> Context:
        from fastapi_session_lint.context import Context

        if number not in self._contexts:
            if not self._keeps:
                self._forget()
            self._contexts[number] = Context(self.components[number], self._imports, self._settings, (), self._versions)
        return self._contexts[number]

    def _forget(self) -> None:
        """Let the answers about other components go, which refer to themselves in circles."""
        if self._contexts:
            self._contexts.clear()
            gc.collect()
        elif len(self.components) > 1:
            gc.freeze()  # the collector would go through all models each time; runner.check takes this back


def wanted_of(settings: Settings, rules: Iterable[Rule]) -> frozenset[str]:
    """The codes of the rules that run. Raises settings.InvalidSettings for an unknown one."""
    return selected(settings, defaults(rules, with_preview=settings.preview))


def _run(rule: Rule, context: Context) -> list[Finding]:
    """A rule's findings; a crash becomes a finding of its own and takes nothing else with it."""
    found: list[Finding] = []
    try:
        found.extend(rule.check(rule, context))
    except Exception:
        found.append(crashed(Problem(context.visited, last_line(rule.code))))
    return found
