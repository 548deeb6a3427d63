"""Models to findings by several processes: each judges pieces of the project, with all models at hand.

A process that is made as a copy of this one has the models without anybody sending them; where there are no such copies
one process judges everything. Nothing but findings comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from fastapi_session_lint.copies import can_copy, together
from fastapi_session_lint.findings import INTERNAL_ERROR, Finding
from fastapi_session_lint.processes import processors


class Judged(NamedTuple):
    """The findings in some of the files, in their order: as the rules made them, and what of them is told."""

    made: list[Finding]
    told: list[Finding]


Check = Callable[[frozenset[str]], Judged]
"""What is found in some of the files."""
_WORTH_A_PROCESS = 5_000
"""The weight for each process: what all of them have to find out is found out by each."""
_PIECES = 24
"""Pieces of work for each process. More cost nothing, and the fixes of a few files may take long."""


def check_by_processes(check: Check, weights: Mapping[str, int], jobs: int | None) -> Judged:
    """What is found in all files, by so many processes, as many as are worth it when None.

    `weights` tell by path how long a file takes, see engine.weight; what lies together in them asks for the same and
    stays together. The findings are the same for any number.
    """
    count = min(jobs or min(processors(), sum(weights.values()) // _WORTH_A_PROCESS), len(weights))
    if count < 2 or not can_copy():
        return check(frozenset(weights))
    found = together(shares(weights, _PIECES * count), count, check)
    if found is None or any(one.code == INTERNAL_ERROR for part in found for one in part.made):
        return check(frozenset(weights))  # a rule that crashes says no more of the other files, whose ever they are
    return _merged(found)


def _merged(parts: Sequence[Judged]) -> Judged:
    return Judged(_in_order(one.made for one in parts), _in_order(one.told for one in parts))


def _in_order(parts: Iterable[Sequence[Finding]]) -> list[Finding]:
    return sorted((one for part in parts for one in part), key=lambda one: one.order)


def shares(weights: Mapping[str, int], count: int) -> list[frozenset[str]]:
    """The files in so many shares of about the same weight, in their order."""
    parts: list[set[str]] = [set() for _ in range(count)]
    whole, before = sum(weights.values()) or 1, 0
    for path in weights:
        middle = before + weights[path] / 2
        parts[min(int(middle * count / whole), count - 1)].add(path)
        before += weights[path]
    return [frozenset(part) for part in parts if part]
