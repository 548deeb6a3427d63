"""Answers about functions that call each other, whichever of them is asked about first."""

from __future__ import annotations

import itertools

import pytest

from fastapi_session_lint.questions.settled import Settled

CALLS = {
    "alone": (),
    "itself": ("itself",),
    "ping": ("pong",),
    "pong": ("ping", "writer"),
    "writer": (),
    "round": ("about",),
    "about": ("turn",),
    "turn": ("about", "round"),
    "above": ("round", "ping"),
}
WRITES = {"above", "ping", "pong", "writer"}


class Asked:
    """Whether a function of the table writes: it does so itself, or calls one that does."""

    def __init__(self) -> None:
        self.settled = Settled()
        self.worked_out = 0

    def writes(self, name: str) -> bool:
        return self.settled.answer(name, lambda: self._work(name))

    def _work(self, name: str) -> bool:
        self.worked_out += 1
        return name == "writer" or any(self.writes(one) for one in CALLS[name])


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["ping", "pong", "writer", "above", "turn"])), ids="-".join
)
def test_the_order_of_the_questions_says_nothing(order: tuple[str, ...]) -> None:
    asked = Asked()
    for name in (*order, *CALLS):
        assert asked.writes(name) is (name in WRITES)


def test_all_of_them_must_call_one() -> None:
    """Each of two branches writes only if the other function does: nobody does, however often it is asked."""
    settled = Settled()

    def writes(name: str, other: str) -> bool:
        return settled.answer(name, lambda: writes(other, name))

    assert not writes("left", "right")
    assert not writes("right", "left")


def test_an_answer_is_worked_out_once() -> None:
    asked = Asked()
    for _ in range(3):
        for name in CALLS:
            asked.writes(name)
    without_repeating = len(CALLS)
    assert asked.worked_out < 4 * without_repeating
    worked_out = asked.worked_out
    asked.writes("ping")
    assert asked.worked_out == worked_out


def test_a_crash_leaves_nothing_behind() -> None:
    settled, broken = Settled(), [True]

    def crashing() -> bool:
        settled.answer("inner", lambda: settled.answer("outer", lambda: True))
        if broken.pop():
            raise ZeroDivisionError
        return True

    with pytest.raises(ZeroDivisionError):
        settled.answer("outer", crashing)
    broken[:] = [False, False, False]
    assert settled.answer("inner", lambda: settled.answer("outer", crashing))
