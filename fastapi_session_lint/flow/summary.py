"""What a function does to a session that it is given, in short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from fastapi_session_lint.findings import Note
from fastapi_session_lint.flow.binding import is_receiver
from fastapi_session_lint.flow.lives import Life
from fastapi_session_lint.flow.states import ANY_ERROR, Health, Left, State, Status
from fastapi_session_lint.flow.telling import what_returned
from fastapi_session_lint.flow.uses import TRANSACTIONS, UseKind
from fastapi_session_lint.model.expressions import NOWHERE
from fastapi_session_lint.model.syntax import NO_NAMES
from fastapi_session_lint.project.values import ClassValue, Scope
from fastapi_session_lint.vocabulary import IO_ACTIONS, Action


@dataclass(frozen=True, slots=True)
class Effect:
    """What a function does to a session that it is given.

    `after` is how it can leave it when it returns, `failures` when it raises. `needs_health`: on a failed session it
    meets an error of its own. `io` is the first place that talks to the database. `writes`: it adds or deletes rows.
    `returns`: it gives the session back; `returns_receiver`: the object that it is a method of; `returns_holder`: an
    object that keeps the session under these paths, or what this method of it began. `stores` are the paths under which
    its own object keeps it. `source` is the function, with what the session is called there, `flags` what the call says
    of its parameters.
    """

    after: tuple[Left, ...]
    failures: tuple[Left, ...]
    needs_health: bool = False
    io: Note | None = None
    commits: bool = False
    flushes: bool = False
    writes: bool = False
    returns: bool = False
    returns_receiver: bool = False
    returns_holder: frozenset[str] = NO_NAMES
    stores: frozenset[str] = frozenset()
    source: tuple[Scope, frozenset[str]] | None = field(default=None, compare=False)
    flags: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)

    def without_stores(self) -> Effect:
        """The same for a caller who follows the object that keeps the session."""
        kept = (one._replace(status=Status.IDLE) if one.status is Status.GONE else one for one in self.after)
        return replace(self, after=tuple(dict.fromkeys(kept)), stores=frozenset())

    def put_off(self) -> Effect:
        """The same for a caller who only has the function called later, or somewhere else."""
        health = Health.SOUND if self.mends else None
        return replace(UNTOUCHED, after=(Left(Status.IDLE if self.io is None else Status.BUSY, health),))

    def unsure(self) -> Effect:
        """The same where something unknown around the function may roll the session back."""
        after = dict.fromkeys(one._replace(health=Health.SOUND, gives="") for one in self.after)
        failures = dict.fromkeys(one._replace(health=Health.SOUND) for one in self.failures)
        return replace(self, after=tuple(after), failures=tuple(failures), needs_health=False, source=None)

    @property
    def lets_go(self) -> bool:
        """Whether some path closes the session, keeps it or hands it to another owner."""
        is_kept = bool(self.stores) or (bool(self.returns_holder) and self.returns_holder.isdisjoint(TRANSACTIONS))
        return self.closes or is_kept or any(one.status is Status.GONE for one in self.after)

    @property
    def closes(self) -> bool:
        """Whether some path closes the session."""
        return any(one.status is Status.CLOSED for one in self.after)

    @property
    def mends(self) -> bool:
        """Whether some path rolls the session back, commits or closes it in the end."""
        return any(one.status in (Status.CLOSED, Status.SETTLED) for one in self.after)


UNTOUCHED = Effect((Left(Status.IDLE),), (Left(Status.IDLE, None, ANY_ERROR),))
NEVER = Effect((), ())
"""Comes back in no way: where the working out of functions that call each other begins."""
STRANGE = UNTOUCHED.unsure()
"""What is not known, where nobody else could close the session or keep it: it may roll it back."""


REFUSED = Effect((Left(Status.GONE),), UNTOUCHED.failures)
"""Keeps the session, for all that is known, and does nothing to it."""


def summary(life: Life, needs_health: bool) -> Effect | None:
    """The summary of a function; None where it was given up."""
    if not life.complete:
        return None
    stores = set()
    for use in life.uses(UseKind.STORE):
        receiver, _, attribute = use.name.partition(".")
        stores.add(attribute if is_receiver(life.scope, receiver) and attribute else "")
    passed = [use.effect for use in life.uses(UseKind.PASS) if use.effect is not None]
    for effect in passed:
        stores |= effect.stores
    return Effect(
        after=_left(life, False),
        failures=_left(life, True),
        needs_health=needs_health,
        io=_first_io(life),
        commits=any(True for _ in life.acts(Action.COMMIT)) or any(one.commits for one in passed),
        flushes=any(True for _ in life.acts(Action.FLUSH)) or any(one.flushes for one in passed),
        writes=any(True for _ in life.acts(Action.WRITE)) or any(one.writes for one in passed),
        returns=any(use.name == "session" for use in life.uses(UseKind.RETURN)),
        returns_receiver=any(use.name == "receiver" for use in life.uses(UseKind.RETURN)),
        returns_holder=_holder_returned(life),
        stores=frozenset(stores - {""}) or NO_NAMES,
        source=(life.scope, life.names),
        flags=life.start.facts,
    )


def _holder_returned(life: Life) -> frozenset[str]:
    """The paths under which the one object that is returned keeps the session."""
    names = {use.name for use in life.uses(UseKind.RETURN)}
    kinds = {name.partition(">")[::2] for name in names}
    paths = next(iter(kinds))[1] if len(kinds) == 1 else ""
    return frozenset(paths.split(",")) if paths else NO_NAMES


def _left(life: Life, failed: bool) -> tuple[Left, ...]:
    found = {left_in(life.start, point.state, failed) for is_failed, point in life.ends if is_failed is failed}
    return in_order(found)


def in_order(found: set[Left]) -> tuple[Left, ...]:
    """The same in every process, whatever order its sets have."""
    return tuple(sorted(found, key=_order))


def _order(left: Left) -> tuple[str, str, str, str]:
    error = left.error
    named = error.definition.qualified_name + error.scope.module.path if isinstance(error, ClassValue) else error
    return left.status.name, left.health.name if left.health is not None else "", named or "", left.gives


def left_in(start: State, state: State, failed: bool) -> Left:
    """How a session is left that was in one state and is in another."""
    is_same = state.health is start.health is not Health.SOUND and state.cause == NOWHERE
    if failed:
        return Left(state.status, None if is_same else state.health, state.error or ANY_ERROR)
    return Left(state.status, None) if is_same else Left(state.status, state.health, None, what_returned(state))


def _first_io(life: Life) -> Note | None:
    """The first place, by the source, that talks to the database."""
    found = list(_io(life))
    here = [note for note in found if note.path == life.scope.module.path]
    return min(here, key=lambda note: note.span, default=None) or (found[0] if found else None)


def _io(life: Life) -> Iterator[Note]:
    module = life.scope.module
    for use in life.uses(UseKind.ACT, UseKind.PASS):
        if use.kind is UseKind.ACT and use.action in IO_ACTIONS and use.place != NOWHERE:
            text = f"`{use.name}()` talks to the database here" if use.name else "the database is used here"
            yield Note(module.path, module.places[use.place], text)
        elif use.effect is not None and use.effect.io is not None:
            yield use.effect.io
