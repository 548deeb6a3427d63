"""Yes or no about functions that call each other: the answers are the same, whichever of them is asked about first."""

from __future__ import annotations

from collections.abc import Callable, Hashable


class Settled:
    """Answers that are kept once they hold.

    A question that leads back to itself is first answered "no" there. If any did, all that was asked on the way is
    gone through again with the answers so far, until none changes any more. This comes to an end where a "yes" never
    turns another answer into "no".
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, bool] = {}
        self._before: dict[Hashable, bool] = {}
        self._now: dict[Hashable, bool] = {}
        self._open: set[Hashable] = set()
        self._has_led_back = False

    def answer(self, key: Hashable, work: Callable[[], bool]) -> bool:
        """The answer to a question, worked out when it is not known yet."""
        for answers in (self._known, self._now):
            if key in answers:
                return answers[key]
        if key in self._open:
            self._has_led_back = True
            return self._before.get(key, False)
        return self._once(key, work) if self._open else self._settle(key, work)

    def _settle(self, key: Hashable, work: Callable[[], bool]) -> bool:
        try:
            while True:
                self._once(key, work)
                if not self._has_led_back or self._now == self._before:
                    break
                self._before, self._now, self._has_led_back = self._now, {}, False
            self._known |= self._now
        finally:
            self._before, self._now, self._has_led_back = {}, {}, False
        return self._known[key]

    def _once(self, key: Hashable, work: Callable[[], bool]) -> bool:
        self._open.add(key)
        try:
            self._now[key] = work()
        finally:
            self._open.remove(key)
        return self._now[key]
