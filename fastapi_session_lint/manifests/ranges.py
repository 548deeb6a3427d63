"""Version ranges, and the release that one stands for.

The `packaging` library knows all of PEP 440, and takes as long to import as everything else of a run. What is needed
here are releases without their pre-release, post-release and local parts: behaviour changes between releases only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi_session_lint.versions import NEWEST, Version, version

_CLAUSE = re.compile(r"\s*(===|==|~=|!=|<=|>=|<|>)\s*[vV]?(\d+(?:\.\d+)*)(\.\*)?[\w.+!-]*\s*$")
_CARET = re.compile(r"\s*([\^~])\s*=?\s*v?(\d+(?:\.\d+)*)[\w.+-]*\s*$")
_BARE = re.compile(r"\s*=?\s*v?(\d+(?:\.\d+)*)(\.\*)?[\w.+-]*\s*$")
_END = 1 << 40
"""The last part of a made-up release that is later than every real one of its series."""

Release = tuple[int, ...]

SERIES: dict[str, tuple[Release, ...]] = {
    "sqlalchemy": ((0, 9), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (2, 0), (2, 1)),
    "sqlmodel": tuple((0, 0, patch) for patch in range(1, 51)),
    "fastapi": tuple((0, minor) for minor in range(1, 166)),
    "python": ((2, 7), *((3, minor) for minor in range(5, 16))),
}
"""The series of releases up to now. A range that reaches beyond the last stands for the newest release."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison, as `>=1.4`; with `is_prefix` any release that starts so, as `==1.4.*`."""

    operator: str
    release: Release
    is_prefix: bool = False

    def admits(self, release: Release) -> bool:
        """Whether a release satisfies this."""
        if self.is_prefix:
            return (release[: len(self.release)] == self.release) is (self.operator != "!=")
        width = max(len(release), len(self.release))
        left, right = _padded(release, width), _padded(self.release, width)
        match self.operator:
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
            case ">=":
                return left >= right
            case "!=":
                return left != right
            case _:
                return left == right


Range = tuple[Clause, ...]
"""Clauses that all hold; none of them admits every release."""


class NoRange(ValueError):
    """A text that is no version range."""


def read_range(text: str) -> Range:
    """The range of a PEP 440 specifier, as `>=1.4,<2`. Raises NoRange."""
    clauses: list[Clause] = []
    for part in text.strip().strip("()").split(","):
        if part.strip():
            clauses += _clauses(part)
    return tuple(clauses)


def read_loose_range(text: str) -> tuple[Range, ...]:
    """The alternatives of a range as Poetry, Pipenv and conda write it, `^1.4 || 2.*` or `>=1 <2`. Raises NoRange."""
    return tuple(_loose(part) for part in re.split(r"\|\|?", text) if part.strip())


def _loose(text: str) -> Range:
    clauses: list[Clause] = []
    for part in re.sub(r"([<>=!~^])\s+", r"\1", text).replace(",", " ").split():
        if part not in ("*", "==*"):
            clauses += _caret(part) or _bare(part) or _clauses(part)
    return tuple(clauses)


def _caret(text: str) -> list[Clause]:
    """`^0.103` stays below the next change of its first part that is not zero; `~1.4` below that of its second part."""
    found = _CARET.match(text)
    if found is None or text.startswith("~="):
        return []
    release = version(found[2]).release
    if found[1] == "~":
        place = min(1, len(release) - 1)
    else:
        place = next((index for index, part in enumerate(release) if part), len(release) - 1)
    return [Clause(">=", release), Clause("<", (*release[:place], release[place] + 1))]


def _bare(text: str) -> list[Clause]:
    found = _BARE.match(text)
    if found is None or text.startswith("=="):
        return []
    # conda's single `=` is a prefix; a number alone is that very release.
    return [Clause("==", version(found[1]).release, bool(found[2]) or text.lstrip().startswith("="))]


def _clauses(text: str) -> list[Clause]:
    found = _CLAUSE.match(text)
    if found is None:
        raise NoRange(text)
    operator, release = found[1], version(found[2]).release
    if operator == "~=":
        return [Clause(">=", release), Clause("==", release[:-1], True)]
    return [Clause("==" if operator == "===" else operator, release, bool(found[3]))]


def exact(choices: Iterable[Range]) -> Version | None:
    """The one release that the alternatives name, as it is written; None for a range."""
    pins = {next((clause.release for clause in one if _is_pin(clause)), None) for one in choices}
    pin = pins.pop() if len(pins) == 1 else None
    return None if pin is None else Version(pin)


def _is_pin(clause: Clause) -> bool:
    return clause.operator == "==" and not clause.is_prefix


def admits(choices: Iterable[Range], release: Release) -> bool:
    """Whether one of the alternatives admits the release."""
    return any(all(clause.admits(release) for clause in one) for one in choices)


def newest(library: str, choices: tuple[Range, ...]) -> Version | None:
    """The newest release that fits, which is what a fresh installation takes; None where none does."""
    fitting = [one for one in _candidates(library, choices) if admits(choices, one)]
    if not fitting:
        return None
    best = max(fitting)
    return NEWEST if best >= (*SERIES[library][-1], _END) else Version(tuple(part for part in best if part != _END))


def oldest(library: str, choices: tuple[Range, ...]) -> Version | None:
    """The oldest series that fits: for Python, what the code has to run on. None where none does."""
    fitting = [one for one in SERIES[library] if admits(choices, one) or admits(choices, (*one, _END))]
    return Version(min(fitting)) if fitting and any(choices) else NEWEST if fitting else None


def _candidates(library: str, choices: Iterable[Range]) -> Iterator[Release]:
    """The end of each series, each release that is named, and the one before it."""
    for series in SERIES[library]:
        yield (*series, _END)
    for clause in (clause for one in choices for clause in one):
        yield clause.release
        if clause.release and clause.release[-1]:
            yield (*clause.release[:-1], clause.release[-1] - 1)


def _padded(release: Release, width: int) -> Release:
    return release + (0,) * (width - len(release))
