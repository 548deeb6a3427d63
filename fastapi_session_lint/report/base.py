"""What every form of a report is made from."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from fastapi_session_lint.findings import Applicability, Finding
from fastapi_session_lint.fingerprints import fingerprints
from fastapi_session_lint.source import Source, UndecodableSource, decode, split_lines


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a run fixed, or would fix where it only shows the difference.

    `is_all` says that the run was asked for fixes alone: what is left is not reported. `is_listed` asks for a list by
    file and rule. `left` is how many unsafe fixes were not asked for.
    """

    findings: tuple[Finding, ...]
    is_all: bool = False
    is_listed: bool = False
    left: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a run, and how it is to be shown.

    `sources` are the files by path; `folder` is the one that paths are shown relative to, `tops` are the repositories
    or projects that other programs know them by. `fixed` is None when nothing was to be fixed. `has_statistics` asks
    for counts in place of findings. `width` is that of the terminal, None when lines may be of any length.
    """

    findings: tuple[Finding, ...]
    sources: Mapping[str, Source] = field(default_factory=dict)
    folder: str = "/"
    tops: tuple[str, ...] = ()
    fixed: Fixed | None = None
    is_unsafe: bool = False
    is_quiet: bool = False
    has_colors: bool = False
    has_links: bool = False
    has_statistics: bool = False
    width: int | None = None

    def shown(self, path: str) -> str:
        """The path relative to the folder where it lies below it, else as it is."""
        return shown_path(path, self.folder)

    def located(self, path: str) -> str:
        """The path relative to the top of its repository: the same wherever the command is run."""
        return located(path, self.tops or (self.folder,))

    def fingerprints(self) -> list[str]:
        """A fingerprint for each finding, in their order."""
        return fingerprints(self.findings, self.sources, self.located)

    def lines(self, path: str) -> list[str]:
        """The lines of a file, endings kept; none when it is not known or no text."""
        source = self.sources.get(path)
        return _lines(source) if source is not None else []

    def is_fixable(self, finding: Finding) -> bool:
        """Whether `--fix`, with `--unsafe-fixes` where the run has it, would fix the finding."""
        if finding.fix is None:
            return False
        allowed = {Applicability.SAFE, Applicability.UNSAFE} if self.is_unsafe else {Applicability.SAFE}
        return finding.fix.applicability in allowed


Render = Callable[[Report], Iterator[str]]
"""A form: the report as pieces of text, line ends included."""


@functools.lru_cache(maxsize=16)
def _lines(source: Source) -> list[str]:
    try:
        return split_lines(decode(source.data).text)
    except UndecodableSource:
        return []


def shown_path(path: str, folder: str) -> str:
    """The path relative to a folder where it lies below it, else as it is."""
    return path.removeprefix(folder.rstrip("/") + "/") or path


def located(path: str, tops: Iterable[str]) -> str:
    """The path relative to the innermost of the folders that it lies below, else as it is."""
    top = max((one for one in tops if path.startswith(one.rstrip("/") + "/")), key=len, default="")
    return shown_path(path, top) if top else path


def place(report: Report, path: str, row: int, column: int) -> str:
    """`path:row:column` as terminals and editors know it, the column counted from 1."""
    return f"{report.shown(path)}:{row}:{column + 1}"
