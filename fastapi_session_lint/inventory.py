"""What was understood of a project, as values: its engines, factories, dependencies, routes, and unknown names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """A name and what is known of it: where it stands (1-based row, None where only the file is known)."""

    path: str
    row: int | None
    name: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Received:
    """A session that a route gets: of which kind, from whom, and under which names (`user > db`: through `user`)."""

    what: str
    source: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """A path operation and its sessions."""

    path: str
    row: int
    name: str
    method: str
    url: str
    sessions: tuple[Received, ...]


_Part = TypeVar("_Part", Known, Route)


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of it for one project, each part in the order of the files.

    `versions` are the releases that parts of it run on, as "SQLAlchemy 2.0.36, FastAPI newest, Python 3.12".
    """

    versions: tuple[str, ...]
    engines: tuple[Known, ...]
    factories: tuple[Known, ...]
    dependencies: tuple[Known, ...]
    routes: tuple[Route, ...]
    unresolved: tuple[Known, ...]

    def __add__(self, other: Inventory) -> Inventory:
        """Both together."""
        return Inventory(
            tuple(sorted({*self.versions, *other.versions})),
            _in_order(self.engines, other.engines),
            _in_order(self.factories, other.factories),
            _in_order(self.dependencies, other.dependencies),
            _in_order(self.routes, other.routes),
            _in_order(self.unresolved, other.unresolved),
        )


NOTHING = Inventory((), (), (), (), (), ())


def _in_order(one: tuple[_Part, ...], other: tuple[_Part, ...]) -> tuple[_Part, ...]:
    return tuple(sorted(one + other, key=lambda part: part.path))
