"""The states of one session at one point of a path."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal, NamedTuple

from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.project.values import ClassValue, FunctionValue


class Status(enum.Enum):
    """Where a session is in its life."""

    ABSENT = "not there yet"
    IDLE = "open, no connection used"
    BUSY = "open, holds a connection"
    DIRTY = "open, has writes that are not committed"
    SETTLED = "open, committed or rolled back last"
    CLOSED = "closed"
    GONE = "handed to another owner"

    __hash__ = object.__hash__  # members are what they are, and states are looked up all the time

    @property
    def is_open(self) -> bool:
        """Whether someone here still has to close it."""
        return self in _OPEN


_OPEN = frozenset({Status.IDLE, Status.BUSY, Status.DIRTY, Status.SETTLED})
LEAKING = frozenset({Status.BUSY, Status.DIRTY})
"""Open, with a connection that is out of the pool."""


class Health(enum.Enum):
    """Whether a session can be worked with, whoever has to close it."""

    SOUND = "works, or it is not known whether it does"
    ABORTED = "a statement failed, and PostgreSQL refuses others until rollback()"
    FAILED = "a commit or flush failed, and everything but rollback() and close() raises"

    __hash__ = object.__hash__  # as above


DATABASE_ERROR = "database"
ANY_ERROR = "any"
Error = str | ClassValue
"""What is in flight: a database error, any error, a library's exception by name, or a class of the project."""


@dataclass(frozen=True, slots=True)
class GeneratorManager:
    """A context manager of the project made by a generator function, in which `names` stand for the session."""

    function: FunctionValue
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class ObjectManager:
    """An object of the project that keeps the session under `paths`, with what entering and leaving it call."""

    enter: FunctionValue
    exit: FunctionValue
    paths: frozenset[str]


Manager = GeneratorManager | ObjectManager
Leaving = Literal["close", "finish", "savepoint", "suppress", "unknown"] | Manager
"""What leaving a with block does to the session in it, or to an error."""


class State(NamedTuple):
    """A session at a point of a path.

    `names` are the names that stand for it (`db`, `self.db`; `repo>db` for an object that holds it as its attribute;
    `work>begin()` and `work>begin_nested()` for its transaction or savepoint).
    `entered` are the with blocks that it is in, each with what leaving does.
    `error` is the last error raised, `cause` the place of the commit, flush or statement that failed, or of
    the yield at which an error came in; `is_returned` where that is a call which came back all the same.
    `facts` are what tests on the path have shown: (name, "none" | "some" | "true" | "false" | "none:x" | "some:x"),
    and, by names that begin with GIVEN, what is known of what the call gave that left it failed.
    """

    status: Status
    names: frozenset[str]
    entered: frozenset[tuple[int, Leaving]] = frozenset()
    error: Error | None = None
    health: Health = Health.SOUND
    cause: int = NOWHERE
    is_returned: bool = False
    facts: frozenset[tuple[str, str]] = frozenset()


class Left(NamedTuple):
    """How a function leaves a session: IDLE is untouched, a `health` of None as it was, `error` what is in flight.

    `gives` is what it returns where it leaves it failed.
    """

    status: Status
    health: Health | None = None
    error: Error | None = None
    gives: str = ""


GIVEN = "given "
"""How the names of facts begin that tell of what a call gave."""


def in_error(state: State, error: Error | None) -> State:
    """The state with an error in flight, made without `_replace`, which takes twice as long."""
    if state.error is error:
        return state
    return State(state.status, state.names, state.entered, error, *state[4:])


def fact(state: State, name: str) -> str | None:
    """What is known of a name."""
    return next((value for known, value in state.facts if known == name), None)


def learn(state: State, name: str, value: str) -> State:
    """The state in which a name is known to be none, some, true or false; what hangs on it is known then too.

    That are the flags that follow it, and the name that it follows itself. What is falsy and may be None is taken to
    be None.
    """
    kind, _, of = (fact(state, name) or "").partition(":")
    facts = {one for one in state.facts if one[0] != name} | {(name, value)}
    state = state._replace(facts=frozenset(facts))
    if of and value in _TRUTH:
        state = learn(state, of, "none" if (kind == "none") == _TRUTH[value] else "some")
    for flag, link in sorted(facts):
        kind, _, of = link.partition(":")
        if of == name and value in _TRUTH:
            state = learn(state, flag, "true" if (kind == "none") != _TRUTH[value] else "false")
    return state


_TRUTH = {"none": False, "some": True, "true": True, "false": False}


def forget(state: State, name: str) -> State:
    """The state in which a name has been bound anew: what was known of it, and flags still tied to it, are gone."""
    if not state.facts:
        return state
    gone = {name, f"{GIVEN}name {name}"}
    return state._replace(
        facts=frozenset(one for one in state.facts if one[0] not in gone and one[1].partition(":")[2] != name)
    )
