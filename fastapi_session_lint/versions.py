"""Which releases of its libraries, and which Python, a project runs on: what rules ask where behaviour changed."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

_RELEASE = re.compile(r"\s*[v=]*(\d+(?:\.\d+)*)")


@dataclass(frozen=True, slots=True)
class Version:
    """A release. One that is not told in full is the last of its series: 2.0 the last 2.0.x, and nothing the newest."""

    release: tuple[int, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether anything is known; otherwise this stands for the newest release."""
        return bool(self.release)

    def at_least(self, boundary: str) -> bool:
        """Whether this is the release at which something changed, or a later one; `boundary` is one as "0.110"."""
        return _is_at_least(self.release, boundary)

    def before(self, boundary: str) -> bool:
        """Whether this is earlier than the release at which something changed; never so where nothing is known."""
        return not self.at_least(boundary)

    def or_else(self, other: Version) -> Version:
        """This, or the other where nothing is told here."""
        return self if self.release else other

    def __str__(self) -> str:
        return ".".join(map(str, self.release)) or "newest"


NEWEST = Version()
"""What is taken where a project says nothing, or admits the newest release."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The releases that hold for a file."""

    sqlalchemy: Version = NEWEST
    sqlmodel: Version = NEWEST
    fastapi: Version = NEWEST
    python: Version = NEWEST

    def or_else(self, other: Versions) -> Versions:
        """These, with what is not told here taken from the others."""
        return Versions(
            self.sqlalchemy.or_else(other.sqlalchemy),
            self.sqlmodel.or_else(other.sqlmodel),
            self.fastapi.or_else(other.fastapi),
            self.python.or_else(other.python),
        )


@functools.lru_cache(maxsize=256)
def version(text: str | None) -> Version:
    """The release that a text starts with, pre-release and local parts left out; NEWEST where there is none."""
    found = _RELEASE.match(text or "")
    return Version(tuple(int(part) for part in found[1].split(".") if len(part) < _DIGITS)) if found else NEWEST


@functools.lru_cache(maxsize=256)
def _is_at_least(release: tuple[int, ...], boundary: str) -> bool:
    change = version(boundary).release
    shared = min(len(release), len(change))
    return release[:shared] >= change[:shared]


_DIGITS = 10
"""Numbers of more digits are no release's: such a text is a mistake, and the part is left out."""
