"""Whether two coroutines that share a sync session get in each other's way.

On one event loop a sync session does one thing at a time: queries of several coroutines come one after the other. What
goes wrong is that one ends the transaction in which another has changes that it is not done with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fastapi_session_lint.flow.summary import Effect
from fastapi_session_lint.flow.uses import Use, UseKind
from fastapi_session_lint.vocabulary import Action

_ENDS = frozenset({Action.COMMIT, Action.ROLLBACK, Action.CLOSE})
_CHANGES = frozenset({Action.WRITE, Action.FLUSH})


class Part(NamedTuple):
    """What one of those who share a session does: end its transaction, change something in it."""

    ends: bool = False
    changes: bool = False

    def disturbs(self, other: Part) -> bool:
        """Whether one of the two may end the transaction in the middle of what the other changes."""
        return (self.ends and other.changes) or (other.ends and self.changes)


def part_of(effect: Effect | None) -> Part:
    """What a function does that is given the session; nothing is concluded of one that is not known."""
    if effect is None:
        return Part()
    ends = effect.commits or effect.mends
    return Part(ends, ends or effect.writes or effect.flushes)


def part_of_uses(uses: Iterable[Use]) -> Part:
    """What a function does to its own session by some of its uses."""
    parts = [_part_of_use(one) for one in uses]
    return Part(any(one.ends for one in parts), any(one.changes for one in parts))


def _part_of_use(use: Use) -> Part:
    if use.kind is UseKind.PASS:
        return part_of(use.effect)
    if use.kind is not UseKind.ACT:
        return Part()
    return Part(use.action in _ENDS, use.action in _ENDS | _CHANGES)
