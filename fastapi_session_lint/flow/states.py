"""The states of one session at one point of a path."""

from __future__ import annotations

import enum
from typing import NamedTuple

from fastapi_session_lint.project.values import ClassValue


class Status(enum.Enum):
    """Where a session is in its life."""

    ABSENT = "not there yet"
    IDLE = "open, no connection used"
    BUSY = "open, holds a connection"
    DIRTY = "open, has writes that are not committed"
    SETTLED = "open, committed or rolled back last"
    FAILED = "open, a commit or flush failed and nothing rolled back"
    CLOSED = "closed"
    GONE = "handed to another owner"

    @property
    def is_open(self) -> bool:
        """Whether someone here still has to close it."""
        return self in _OPEN


_OPEN = frozenset({Status.IDLE, Status.BUSY, Status.DIRTY, Status.SETTLED, Status.FAILED})
LEAKING = frozenset({Status.BUSY, Status.DIRTY, Status.FAILED})
"""Open, with a connection that is out of the pool."""

DATABASE_ERROR = "database"
ANY_ERROR = "any"
Error = str | ClassValue
"""What is in flight: a database error, any error, a library's exception by name, or a class of the project."""


class State(NamedTuple):
    """A session at a point of a path.

    `names` are the names that stand for it (`db`, `self.db`; `repo>db` for an object that holds it as its attribute).
    `entered` are the with blocks that it is in, each with what leaving does: "close", "finish" (commit or roll back).
    `error` is the last error raised, `cause` the place of the commit or flush that failed, or of
    the yield at which an error came in.
    `facts` are what tests on the path have shown: (name, "none" | "some" | "true" | "false" | "none:x" | "some:x").
    """

    status: Status
    names: frozenset[str]
    entered: frozenset[tuple[int, str]] = frozenset()
    error: Error | None = None
    cause: int = -1
    facts: frozenset[tuple[str, str]] = frozenset()


def fact(state: State, name: str) -> str | None:
    """What is known of a name."""
    return next((value for known, value in state.facts if known == name), None)


def learn(state: State, name: str, value: str) -> State:
    """The state in which a name is known to be none, some, true or false; flags that follow it are known then too."""
    facts = {one for one in state.facts if one[0] != name}
    facts.add((name, value))
    for flag, link in tuple(facts):
        kind, _, of = link.partition(":")
        if of == name and value in ("none", "some", "true"):
            facts.discard((flag, link))
            is_none = value == "none"
            facts.add((flag, "true" if (kind == "none") == is_none else "false"))
    return state._replace(facts=frozenset(facts))


def forget(state: State, name: str) -> State:
    """The state in which a name has been bound anew: what was known of it, and flags still tied to it, are gone."""
    if not state.facts:
        return state
    return state._replace(
        facts=frozenset(one for one in state.facts if one[0] != name and one[1].partition(":")[2] != name)
    )
