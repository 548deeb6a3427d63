"""Sources and settings in, findings out: the one pure way from text to report that every face takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Fix, Heeded, Repair
from fastapi_session_lint.heeding import heed
from fastapi_session_lint.model.screen import file_concerns, injected_names, parsed
from fastapi_session_lint.project.roots import is_test
from fastapi_session_lint.readings import Problem, Reading, is_read, last_line
from fastapi_session_lint.selection import rank
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source, UndecodableSource, UnparsableSource, decode
from fastapi_session_lint.verdicts import is_fixable, trusted, weighed

if TYPE_CHECKING:
    from fastapi_session_lint.inventory import Inventory
    from fastapi_session_lint.rules.base import Rule
    from fastapi_session_lint.versions import Versions

_TESTS_ARE_LIGHTER = 3


Planner = Callable[[Source, Sequence[Repair]], "Sequence[Fix | None]"]
"""The fix for each repair of a file, None where no correct one exists."""


def check(
    sources: Sequence[Source],
    settings: Settings,
    *,
    report: Collection[str] | None = None,
    versions: Mapping[str, Versions] | None = None,
    with_fixes: bool = False,
    known: dict[Source, Reading] | None = None,
    heeded: Heeded = Heeded.ALL,
    ignores: Mapping[str, Sequence[str]] | None = None,
    rules: Sequence[Rule] | None = None,
    planner: Planner | None = None,
) -> list[Finding]:
    """The findings in the files whose paths are in `report` (all when None), in their order.

    All `sources` together are the project: what one module says is known to the others. With `with_fixes` each
    finding that can be repaired carries its Fix, which costs a parse of its file; without it `fix` stays None.
    `versions` tells by path which releases the project runs on, where the settings do not say.
    What is in `known` was read before, and what is read is put there. `heeded` are the comments that suppress.
    `ignores` has by path the codes and prefixes that are left out in a file. Codes that `settings` does not select are
    left out. `rules` are ours where None. `planner` may know some fixes from before.
    Raises settings.InvalidSettings for an unknown code.
    """
    from fastapi_session_lint.judge import Judge  # late: who finishes what was judged before needs neither
    from fastapi_session_lint.rules import all_rules

    asked = all_rules() if rules is None else rules
    known = {} if known is None else known
    if unread := [source for source in sources if source not in known]:
        names = injected_names_of(sources)
        known.update({source: read(source, names) for source in unread})
    readings = [known[source] for source in sources]
    found = Judge([one.path for one in sources], readings, settings, asked, versions).findings(report)
    looked_at = [one for one in sources if is_read(known[one]) and (report is None or one.path in report)]
    return finish(
        found,
        looked_at,
        settings,
        with_fixes=with_fixes,
        heeded=heeded,
        ignores=ignores,
        rules=lambda: asked,
        planner=planner,
    )


def finish(
    judged: Sequence[Finding],
    sources: Sequence[Source],
    settings: Settings,
    *,
    with_fixes: bool = False,
    heeded: Heeded = Heeded.ALL,
    ignores: Mapping[str, Sequence[str]] | None = None,
    rules: Callable[[], Sequence[Rule]],
    planner: Planner | None = None,
) -> list[Finding]:
    """What of the judged findings is told, and how: the second half of `check`, whose parameters these are.

    `sources` are the files that were asked for and could be read.
    """
    ignores = ignores or {}
    findings = [weighed(one, settings) for one in judged if not _is_ignored(one, ignores)]
    if heeded is not Heeded.NONE:
        findings = heed(findings, sources, heeded, rules, settings, ignores)
    if with_fixes:
        findings = plan_fixes(findings, {source.path: source for source in sources}, settings, planner or planned)
    return findings


def _is_ignored(finding: Finding, ignores: Mapping[str, Sequence[str]]) -> bool:
    return finding.code != INTERNAL_ERROR and rank(finding.code, ignores.get(finding.path, ())) >= 0


def injected_names_of(sources: Iterable[Source]) -> frozenset[str]:
    """The injected names of a project: see screen.injected_names."""
    return injected_names(source.data for source in sources)


def read(source: Source, names: frozenset[str] = frozenset()) -> Reading:
    """The model of one source. This is the step that is worth a process, or a cache.

    `names` are the injected names of the project: see screen.injected_names.
    """
    if source.problem is not None:
        return Reading(problem=Problem(source.path, source.problem))
    if not file_concerns(source.path, source.data, names) and (tree := parsed(source.data)) is not None:
        from fastapi_session_lint.model.outline import outline  # late for the reason below

        return Reading(outline(source.path, tree, source.data))
    # Late, since nothing that reads no file should pay for it.
    from fastapi_session_lint.model.module import read_module

    try:
        return Reading(read_module(source.path, decode(source.data).text, names))
    except UndecodableSource as error:
        return Reading(problem=Problem(source.path, str(error)))
    except UnparsableSource as error:
        return Reading(problem=Problem(source.path, str(error), error.row, error.column))
    except Exception:
        return Reading(crash=Problem(source.path, last_line("reading the file")))


def stored_reading(reading: Reading) -> bytes | None:
    """What can be kept of a reading, for any file of the same text; None where that is nothing."""
    from fastapi_session_lint.model.stored import stored  # late, as it is for runs with a cache alone

    return stored(reading.module) if is_read(reading) else None


def restored_reading(data: bytes, path: str) -> Reading | None:
    """The reading of the file at a path by what was kept of it; None where the bytes are nothing of that kind."""
    from fastapi_session_lint.model.stored import restored  # late, as above

    try:
        return Reading(restored(data, path))
    except ValueError:
        return None


def load_parser() -> None:
    """Import what `read` needs, and imports late: it takes long."""
    import fastapi_session_lint.model.module  # noqa: F401


def load_rules(*, with_fixes: bool = False) -> None:
    """Import what `Judge`, and planning fixes where they are asked for, need and import late: it takes longer."""
    import fastapi_session_lint.context
    from fastapi_session_lint.rules import all_rules

    all_rules()
    if with_fixes:
        import fastapi_session_lint.fixes.planner  # noqa: F401


def weight(source: Source, reading: Reading) -> int:
    """How long a file takes to be judged, in places of its model: tests ask for less, and have more in common."""
    places = len(reading.module.places) if reading.module is not None else 0
    return 1 + places // (_TESTS_ARE_LIGHTER if is_test(source.path) else 1)


def understand(
    sources: Sequence[Source],
    settings: Settings,
    *,
    report: Collection[str] | None = None,
    versions: Mapping[str, Versions] | None = None,
) -> Inventory:
    """What the tool understood of a project, limited to the files whose paths are in `report` (all when None)."""
    from fastapi_session_lint.judge import Judge  # late, as in check

    names = injected_names_of(sources)
    readings = [read(source, names) for source in sources]
    return Judge([one.path for one in sources], readings, settings, (), versions).inventory(report)


def planned(source: Source, repairs: Sequence[Repair]) -> Sequence[Fix | None]:
    """The fix for each repair of a file, None where no correct one exists."""
    from fastapi_session_lint.fixes import plan  # late: libcst takes long to import

    return plan(decode(source.data).text, repairs)


def plan_fixes(
    findings: Sequence[Finding], sources: Mapping[str, Source], settings: Settings, planner: Planner = planned
) -> list[Finding]:
    """The findings with the fixes that the settings want, one parse for each file that has one to repair."""
    by_path: dict[str, list[int]] = {}
    for index, finding in enumerate(findings):
        if finding.repair is not None and is_fixable(finding.code, settings):
            by_path.setdefault(finding.path, []).append(index)
    planned = list(findings)
    for path, indexes in by_path.items():
        repairs = [repair for index in indexes if (repair := findings[index].repair) is not None]
        fixes = planner(sources[path], repairs)
        for index, fix in zip(indexes, fixes, strict=True):
            planned[index] = trusted(dataclasses.replace(findings[index], fix=fix), settings)
    return planned
