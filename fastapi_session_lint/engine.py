"""Sources and settings in, findings out: the one pure way from text to report that every face takes."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding, Fix, Heeded, Repair, RepairKind, Severity, Span
from fastapi_session_lint.model.screen import file_concerns, injected_names, parsed
from fastapi_session_lint.project.roots import is_test
from fastapi_session_lint.rules import all_rules, defaults
from fastapi_session_lint.selection import rank, selected
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source, UndecodableSource, UnparsableSource, decode
from fastapi_session_lint.suppressions import Comment, comments, may_suppress, suppress, suppressing, unused
from fastapi_session_lint.verdicts import is_fixable, trusted, weighed

if TYPE_CHECKING:
    from fastapi_session_lint.context import Context
    from fastapi_session_lint.inventory import Inventory
    from fastapi_session_lint.model.syntax import Module
    from fastapi_session_lint.rules.base import Rule
    from fastapi_session_lint.versions import Versions

UNUSED_SUPPRESSION = "FSL901"
SYNTAX_ERROR = "FSL902"
_TESTS_ARE_LIGHTER = 3
ABOUT_THE_LINTER = frozenset({UNUSED_SUPPRESSION, SYNTAX_ERROR, INTERNAL_ERROR})


Planner = Callable[[Source, Sequence[Repair]], "Sequence[Fix | None]"]
"""The fix for each repair of a file, None where no correct one exists."""


class Problem(NamedTuple):
    """Why a file has no model: one line, and where (1-based row, 0-based column)."""

    path: str
    message: str
    row: int = 1
    column: int = 0


class Reading(NamedTuple):
    """What became of one source: its model, or a problem, or neither where it says nothing to others.

    The model of a file in which nothing can concern a session is an outline: see model.outline.
    """

    module: Module | None = None
    problem: Problem | None = None
    crash: Problem | None = None


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
    rules = all_rules() if rules is None else rules
    known = {} if known is None else known
    if unread := [source for source in sources if source not in known]:
        names = injected_names_of(sources)
        known.update({source: read(source, names) for source in unread})
    readings = [known[source] for source in sources]
    found = Judge([one.path for one in sources], readings, settings, rules, versions).findings(report)
    looked_at = [one for one in sources if is_read(known[one]) and (report is None or one.path in report)]
    return finish(
        found,
        looked_at,
        settings,
        with_fixes=with_fixes,
        heeded=heeded,
        ignores=ignores,
        rules=rules,
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
    rules: Sequence[Rule] | None = None,
    planner: Planner | None = None,
) -> list[Finding]:
    """What of the judged findings is told, and how: the second half of `check`, whose parameters these are.

    `sources` are the files that were asked for and could be read.
    """
    rules = all_rules() if rules is None else rules
    ignores = ignores or {}
    findings = [weighed(one, settings) for one in judged if not _is_ignored(one, ignores)]
    if heeded is not Heeded.NONE:
        findings = heed(findings, sources, heeded, rules, settings, ignores)
    if with_fixes:
        findings = plan_fixes(findings, {source.path: source for source in sources}, settings, planner or planned)
    return findings


def _wanted(settings: Settings, rules: Sequence[Rule]) -> Collection[str]:
    return selected(settings, defaults(rules, with_preview=settings.preview))


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
        return Reading(crash=Problem(source.path, _last_line("reading the file")))


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


def load_rules() -> None:
    """Import what `Judge` needs, and imports late: it takes longer."""
    import fastapi_session_lint.context  # noqa: F401

    all_rules()


def weight(source: Source, reading: Reading) -> int:
    """How long a file takes to be judged, in places of its model: tests ask for less, and have more in common."""
    places = len(reading.module.places) if reading.module is not None else 0
    return 1 + places // (_TESTS_ARE_LIGHTER if is_test(source.path) else 1)


class Judge:
    """The selected rules, and models that are read and linked: they may be asked about some files after others.

    What is found in a file is the same, whatever was asked before.
    """

    def __init__(
        self,
        paths: Sequence[str],
        readings: Sequence[Reading],
        settings: Settings,
        rules: Sequence[Rule],
        versions: Mapping[str, Versions] | None = None,
    ) -> None:
        """Raises settings.InvalidSettings for an unknown code."""
        from fastapi_session_lint.context import Context

        wanted = _wanted(settings, rules)
        self._rules = [rule for rule in rules if rule.code in wanted]
        self._problems = [one for one in _problems(readings) if one.code in wanted or one.code == INTERNAL_ERROR]
        modules = [one.module for one in readings if one.module is not None]
        self._context = Context(modules, paths, settings, None, versions)

    def findings(self, report: Collection[str] | None) -> list[Finding]:
        """The findings in the files whose paths are in `report` (all when None), in their order."""
        self._context.look_at(report)
        findings = [*self._problems, *(one for rule in self._rules for one in _run(rule, self._context))]
        unique = {
            finding.order: finding
            for finding in findings
            if report is None or finding.path in report or finding.code == INTERNAL_ERROR
        }
        return [unique[key] for key in sorted(unique)]


# --- comments that suppress ---


def heed(
    findings: Sequence[Finding],
    sources: Iterable[Source],
    heeded: Heeded,
    rules: Sequence[Rule],
    settings: Settings,
    ignores: Mapping[str, Sequence[str]],
) -> list[Finding]:
    """The findings that no comment in the sources suppresses, with those about comments that suppress nothing.

    Whether a code is suppressed for nothing cannot be told where it is left out.
    """
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    for source in sources:
        here = by_path.get(source.path, [])
        if may_suppress(source.data, is_reported=bool(here)):
            found = comments(decode(source.data).text, heeded)
            left, used = suppress([one for one in here if one.code != INTERNAL_ERROR], found)
            ran = {code for code in _wanted(settings, rules) if rank(code, ignores.get(source.path, ())) < 0}
            idle = _unused(source.path, found, used, rules, ran) if UNUSED_SUPPRESSION in ran else ()
            by_path[source.path] = [*(one for one in here if one.code == INTERNAL_ERROR), *left, *idle]
    return sorted((one for some in by_path.values() for one in some), key=lambda finding: finding.order)


def _unused(
    path: str, found: list[Comment], used: dict[int, set[str]], rules: Sequence[Rule], ran: Collection[str]
) -> Iterator[Finding]:
    """The findings of FSL901, but for those that a comment asks to leave out."""
    by_code = {rule.code: rule for rule in rules}
    rule, known = by_code[UNUSED_SUPPRESSION], by_code.keys() - ABOUT_THE_LINTER
    for comment, idle in unused(found, used, set(ran) - ABOUT_THE_LINTER, known):
        codes = [code for code in idle if code not in ABOUT_THE_LINTER]
        others = [one for one in found if one is not comment or UNUSED_SUPPRESSION in (one.codes or ())]
        if bool(codes) == bool(idle) and not suppressing(others, rule.code, comment.span.row):
            repair = Repair(RepairKind.REMOVE_SUPPRESSION, comment.span, ",".join(codes))
            yield rule.finding(path, comment.span, _idle_message(codes, known), repair=repair)


def _idle_message(codes: Sequence[str], known: Collection[str]) -> str:
    unknown = [code for code in codes if not any(one.startswith(code) for one in known)]
    if unknown:
        return f"no rule has the code {' or '.join(unknown)}"
    finds = f"{' and '.join(codes)} {'finds' if len(codes) == 1 else 'find'} nothing" if codes else "nothing is found"
    return f"{finds} here: the comment would only hide a later mistake"


def is_read(reading: Reading) -> bool:
    """Whether a file could be read, though it may say nothing."""
    return reading.problem is None and reading.crash is None


def understand(
    sources: Sequence[Source],
    settings: Settings,
    *,
    report: Collection[str] | None = None,
    versions: Mapping[str, Versions] | None = None,
) -> Inventory:
    """What the tool understood of a project, limited to the files whose paths are in `report` (all when None)."""
    from fastapi_session_lint.context import Context

    names = injected_names_of(sources)
    modules = [module for source in sources if (module := read(source, names).module) is not None]
    reported = None if report is None else frozenset(report)
    return Context(modules, [one.path for one in sources], settings, reported, versions).inventory()


def _problems(readings: Iterable[Reading]) -> Iterator[Finding]:
    for reading in readings:
        if reading.problem is not None:
            yield _failure(SYNTAX_ERROR, reading.problem, "cannot be checked: ")
        if reading.crash is not None:
            yield _failure(INTERNAL_ERROR, reading.crash, "")


def _run(rule: Rule, context: Context) -> list[Finding]:
    """A rule's findings; a crash becomes a finding of its own and takes nothing else with it."""
    found: list[Finding] = []
    try:
        found.extend(rule.check(rule, context))
    except Exception:
        found.append(_failure(INTERNAL_ERROR, Problem(context.visited, _last_line(rule.code)), ""))
    return found


def _last_line(what: str) -> str:
    text = traceback.format_exc().strip().splitlines()
    where = next((line.strip() for line in reversed(text) if line.strip().startswith("File ")), "")
    return f"{what} crashed: {text[-1]} ({where.replace('File ', '')})"


def _failure(code: str, problem: Problem, prefix: str) -> Finding:
    name = {SYNTAX_ERROR: "syntax-error", INTERNAL_ERROR: "internal-error"}[code]
    span = Span(problem.row, problem.column, problem.row, problem.column)
    return Finding(code, name, Severity.ERROR, f"{prefix}{problem.message}", problem.path, span)


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
