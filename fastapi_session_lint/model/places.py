"""Where the things of a module stand, each under its number.

There are very many places, and few are ever told: they are kept as numbers, and made spans when they are asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

from fastapi_session_lint.findings import Span
from fastapi_session_lint.model.expressions import NOWHERE

SIZE = 4
"""How many numbers a span is."""


class Places:
    """The spans of a module by their numbers."""

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Iterable[int] = ()) -> None:
        """Of each span its four numbers. Raises ValueError for others than such."""
        try:
            self._numbers = array("I", numbers)
        except OverflowError as error:
            raise ValueError from error
        if len(self._numbers) % SIZE:
            raise ValueError

    def __len__(self) -> int:
        return len(self._numbers) // SIZE

    def __getitem__(self, place: int) -> Span:
        """The span of a place. What stands nowhere is taken to come last."""
        if place == NOWHERE:
            place = len(self) - 1
        if not 0 <= place < len(self):
            raise IndexError
        return Span(*self._numbers[place * SIZE : (place + 1) * SIZE])

    def __repr__(self) -> str:
        return f"Places({self.numbers()})"

    def __reduce__(self) -> tuple[type[Places], tuple[array[int]]]:
        return Places, (self._numbers,)

    def numbers(self) -> list[int]:
        """The four numbers of each span."""
        return self._numbers.tolist()
