"""What one file asks of a library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi_session_lint.manifests.ranges import NoRange, Range, exact, newest, read_loose_range, read_range
from fastapi_session_lint.versions import Version, version

LIBRARIES = ("sqlalchemy", "sqlmodel", "fastapi")
PYTHON = "python"
CONCERNS = re.compile("|".join(LIBRARIES) + "|python", re.IGNORECASE)
"""What a text must hold somewhere to say anything that matters here."""

_REQUIREMENT = re.compile(
    rf"(?P<name>{'|'.join(LIBRARIES)})\s*(?:\[[^\]]*\])?\s*(?P<range>\(?[<>=!~][^;#]*)?(?:;(?P<marker>.*))?\s*$",
    re.IGNORECASE,
)
_MARKER = re.compile(r"""\(?\s*python_(?:full_)?version\s*(<=|>=|==|!=|<|>|~=)\s*['"]([\d.]+(?:\.\*)?)['"]\s*\)?$""")


@dataclass(frozen=True, slots=True)
class Demand:
    """A library, and the alternatives of a range that its release has to lie in.

    `is_locked` says that the release was chosen by a tool and written down, as lock files do; `marker` is the PEP 508
    condition under which any of this holds.
    """

    library: str
    choices: tuple[Range, ...] = ((),)
    is_locked: bool = False
    marker: str = ""

    @property
    def is_open(self) -> bool:
        """Whether any release will do."""
        return not all(self.choices)

    @property
    def release(self) -> Version | None:
        """The one release that will do, None where there are several."""
        pin = exact(self.choices)
        # `==2.0` is 2.0.0 and no later one. Of Python, 3.12 is told where any 3.12 is meant.
        return (
            pin if pin is None or self.library == PYTHON else Version((*pin.release, 0, 0)[: max(3, len(pin.release))])
        )


def requirement(text: str) -> Iterator[Demand]:
    """What a PEP 508 requirement asks; nothing where it names another library, or a file instead of a release."""
    found = _REQUIREMENT.match(text.strip())
    if found is None:
        return
    try:
        wanted = read_range(found["range"] or "")
    except NoRange:
        return
    yield Demand(found["name"].lower(), (wanted,), marker=(found["marker"] or "").strip())


def loose(library: str, text: object) -> Iterator[Demand]:
    """What a table's entry asks, as `fastapi = "^0.103"`; nothing where it is no range or names another library."""
    name = library.lower()
    if not isinstance(text, str) or name not in (*LIBRARIES, PYTHON):
        return
    try:
        choices = read_loose_range(text)
    except NoRange:
        return
    yield Demand(name, choices or ((),))


def locked(library: str, release: str) -> Iterator[Demand]:
    """What a lock says."""
    for one in loose(library, f"=={release}"):
        yield Demand(one.library, one.choices, is_locked=True)


def combined(demands: Iterable[Demand]) -> dict[str, Demand]:
    """One demand for each library: all of them together, and those of them that go with the first."""
    found: dict[str, Demand] = {}
    for one in demands:
        known = found.get(one.library)
        found[one.library] = one if known is None else _both(known, one)
    return found


def _both(first: Demand, second: Demand) -> Demand:
    """A lock that names two releases, one for each Python, counts with the newer."""
    if first.is_locked and second.is_locked:
        return max(first, second, key=lambda one: (one.release or Version()).release)
    both = Demand(first.library, tuple((*left, *right) for left in first.choices for right in second.choices))
    return first if newest(both.library, both.choices) is None else both


def may_hold(marker: str, python: Version) -> bool:
    """Whether a marker may hold. Only conditions on Python are looked at; where there is a choice, it may."""
    if not marker or " or " in marker:
        return True
    return all(_condition_holds(part, python) for part in marker.split(" and "))


def _condition_holds(condition: str, python: Version) -> bool:
    found = _MARKER.match(condition.strip())
    if found is None:
        return True
    boundary = found[2].removesuffix(".*")
    is_same = python.is_told and python.release[:2] == version(boundary).release[:2]
    match found[1]:
        case "<":
            return python.before(boundary)
        case "<=":
            return python.before(boundary) or is_same
        case ">":
            return python.at_least(boundary) and not is_same
        case "==":
            return is_same
        case "!=":
            return not is_same
        case _:
            return python.at_least(boundary)
