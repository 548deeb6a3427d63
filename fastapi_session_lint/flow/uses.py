"""What can happen to a session, and what an expression can give, as far as the session goes."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.flow.states import GeneratorManager
from fastapi_session_lint.project.values import ClassValue, FunctionValue
from fastapi_session_lint.vocabulary import NESTED_METHOD, Action

if TYPE_CHECKING:
    from fastapi_session_lint.flow.summary import Effect


class UseKind(enum.Enum):
    """What happens."""

    CREATE = "create"
    ACT = "act"
    PASS = "pass"
    KEEP = "keep"
    YIELD = "yield"
    RETURN = "return"
    CALL = "call"
    STORE = "store"
    NAME = "name"

    __hash__ = object.__hash__  # members are what they are, and are looked up all the time


class Use(NamedTuple):
    """One thing that happens to the session, or (CALL) something else that may raise.

    `action` is what a method of the session does, `effect` what a function that was given it does, `name` the method,
    function or attribute by name; for NAME it is what the session is called from there on.
    """

    kind: UseKind
    place: int
    action: Action | None = None
    effect: Effect | None = None
    name: str = ""


REACHING = "reaching"
"""The name of a CALL that is given what the session hangs on: `call_next(request)`, for `request.state.db`."""


class Result(enum.Enum):
    """What an expression gives, as far as the session goes."""

    NOTHING = "something else"
    SESSION = "the session"
    CONTAINED = "a container with the session"
    CLOSING = "a context manager that closes the session"
    BORROWING = "a context manager that gives the session and leaves it open"
    TRANSACTION = "a context manager that commits or rolls back the session"
    SAVEPOINT = "a context manager for a savepoint of the session"

    __hash__ = object.__hash__  # members are what they are, and are looked up all the time


MOST_DEEP = 3
"""Through so many objects one that keeps a session is followed."""
SAVEPOINT = f"{NESTED_METHOD}()"
TRANSACTIONS = {"begin()": Result.TRANSACTION, SAVEPOINT: Result.SAVEPOINT}
"""What a name stands for that is known as `name>begin()`: not the session, but what ends its transaction."""


def transaction_name(name: str, outcome: Outcome) -> str | None:
    """How the name of a transaction or savepoint is kept among those of its session; None for anything else."""
    return next((f"{name}>{key}" for key, value in TRANSACTIONS.items() if value is outcome), None)


@dataclass(frozen=True, slots=True)
class Holder:
    """An object of class `of` that keeps the session under `paths`: attributes of its own, or of what it keeps."""

    paths: frozenset[str]
    of: ClassValue | None

    def known_as(self, name: str) -> frozenset[str]:
        """How the object, by a name, is kept among what stands for the session."""
        return frozenset(f"{name}>{path}" for path in self.paths)

    def kept_as(self, name: str) -> frozenset[str]:
        """What the session is called where an attribute of this name is the object; not too many objects deep."""
        kept = (f"{name}.{path}" for path in self.paths)
        return frozenset(one for one in kept if one.count(".") <= MOST_DEEP)


def kept_under(paths: frozenset[str]) -> Holder | Result:
    """What is known under some paths: a transaction, or an object that keeps the session."""
    return next((TRANSACTIONS[one] for one in sorted(paths & TRANSACTIONS.keys())), Holder(paths, None))


def holders(names: frozenset[str], receiver: str) -> dict[str, frozenset[str]]:
    """The objects that keep the session, and under which paths; a method's own one by what it keeps, too."""
    found: dict[str, frozenset[str]] = {}
    for name in names:
        owner, mark, path = name.rpartition(">" if ">" in name else ".")
        while mark:
            found[owner] = found.get(owner, frozenset()) | {path}
            if mark == ">" or not owner.startswith(f"{receiver}."):
                break
            owner, mark, more = owner.rpartition(".")
            path = f"{more}.{path}"
    return found


@dataclass(frozen=True, slots=True)
class Method:
    """A bound method of the session, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Captured:
    """A nested function or lambda that uses the session."""

    function: FunctionValue


Outcome = Result | Holder | Method | Captured | GeneratorManager
