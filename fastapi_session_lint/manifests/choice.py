"""Which of several demands counts, and the release that follows from it.

The nearest folder that names a library decides. In it a lock beats a release written with `==`, and that beats a range.
A range stands for the newest release that fits, which is what a fresh installation takes, unless a lock further up, as
a workspace has it, says which. For Python it stands for the oldest, on which the code has to run as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fastapi_session_lint.manifests.demands import LIBRARIES, PYTHON, Demand, combined, may_hold
from fastapi_session_lint.manifests.ranges import Range, admits, newest, oldest, read_range
from fastapi_session_lint.versions import NEWEST, Version, Versions

Folder = Sequence[Sequence[Demand]]
"""What the files of one folder ask, a sequence for each file; the first counts most."""

_SQLALCHEMY_OF_SQLMODEL = (("0.0.12", read_range("<2")), ("0.0.48", read_range(">=2,<2.1")))
"""Before a release of SQLModel, the SQLAlchemy that it asks for. Source: the metadata of its releases."""


def settled(folders: Sequence[Folder]) -> Versions:
    """The releases that follow from what the files of folders ask, the nearest folder first."""
    python = _release(PYTHON, [_strongest(files, NEWEST) for files in folders]) or NEWEST
    demands = [_strongest(files, python) for files in folders]
    sqlmodel = _release("sqlmodel", demands)
    needed = _needed(sqlmodel or NEWEST)
    sqlalchemy = _release("sqlalchemy", [*demands, {"sqlalchemy": Demand("sqlalchemy", (needed,))}], needed)
    fastapi = _release("fastapi", demands)
    return Versions(sqlalchemy or NEWEST, sqlmodel or NEWEST, fastapi or NEWEST, python)


def _needed(sqlmodel: Version) -> Range:
    return next((needed for boundary, needed in _SQLALCHEMY_OF_SQLMODEL if sqlmodel.before(boundary)), ())


def _strongest(files: Iterable[Sequence[Demand]], python: Version) -> dict[str, Demand]:
    """One demand for each library out of those of a folder's files."""
    asked = [combined(one for one in demands if may_hold(one.marker, python)) for demands in files]
    found = {}
    for library in (*LIBRARIES, PYTHON):
        demands = [one[library] for one in asked if library in one]
        if demands:
            found[library] = _strongest_of(demands)
    return found


def _strongest_of(demands: Sequence[Demand]) -> Demand:
    first = next((one for one in demands if not one.is_open), demands[0])
    locks = (one for one in demands if one.is_locked)
    pins = (one for one in demands if one.release and admits(first.choices, one.release.release))
    return next(locks, None) or next(pins, None) or first


def _release(library: str, folders: Iterable[Mapping[str, Demand]], also: Range = ()) -> Version | None:
    """The release of a library; None where nothing is said of it, or only what cannot be.

    `also` holds as well where there is a choice.
    """
    demands = [one[library] for one in folders if library in one]
    if not demands:
        return None
    nearest = demands[0]
    for one in demands:
        if one.release is not None and admits(nearest.choices, one.release.release):
            return one.release
    choose = oldest if library == PYTHON else newest
    return choose(library, tuple((*one, *also) for one in nearest.choices)) or choose(library, nearest.choices)
