"""Models to findings by several processes: each judges a share of the files, with all models at hand.

A process that is made as a copy of this one has the models without anybody sending them; where there are no such copies
one process judges everything. Nothing but findings comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding
from fastapi_session_lint.processes import can_fork, prepare, processors, undisturbed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


class Judged(NamedTuple):
    """The findings in some of the files, in their order: as the rules made them, and what of them is told."""

    made: list[Finding]
    told: list[Finding]


Check = Callable[[frozenset[str]], Judged]
"""What is found in some of the files."""
_WORTH_A_PROCESS = 5_000
"""The weight for each process: what all of them have to find out is found out by each."""


def check_by_processes(check: Check, weights: Mapping[str, int], jobs: int | None) -> Judged:
    """What is found in all files, by so many processes, as many as are worth it when None.

    `weights` tell by path how long a file takes, see engine.weight. It is the same for any number.
    """
    count = min(jobs or min(processors(), sum(weights.values()) // _WORTH_A_PROCESS), len(weights))
    if count < 2 or not can_fork():
        return check(frozenset(weights))
    found = _by_copies(check, shares(weights, count))
    if found is None or any(one.code == INTERNAL_ERROR for part in found for one in part.made):
        return check(frozenset(weights))  # a rule that crashes says no more of the other files, whose ever they are
    return Judged(_merged(part.made for part in found), _merged(part.told for part in found))


def _merged(parts: Iterable[Sequence[Finding]]) -> list[Finding]:
    return sorted((one for part in parts for one in part), key=lambda one: one.order)


def shares(weights: Mapping[str, int], count: int) -> list[frozenset[str]]:
    """The files in so many shares of about the same weight; what lies together asks for the same and stays together."""
    parts: list[set[str]] = [set() for _ in range(count)]
    whole, before = sum(weights.values()) or 1, 0
    for path in sorted(weights):
        middle = before + weights[path] / 2
        parts[min(int(middle * count / whole), count - 1)].add(path)
        before += weights[path]
    return [frozenset(part) for part in parts if part]


def _by_copies(check: Check, parts: list[frozenset[str]]) -> list[Judged] | None:
    """What is found in each part, the first of which is for this process; None where another one failed."""
    import multiprocessing  # this takes long, and most runs do without

    context = multiprocessing.get_context("fork")
    started = []
    try:
        for part in parts[1:]:
            receiver, sender = context.Pipe(duplex=False)
            process = context.Process(target=_send, args=(sender, check, part), daemon=True)
            with undisturbed():
                process.start()
            sender.close()
            started.append((process, receiver))
        return [check(parts[0]), *(receiver.recv() for _, receiver in started)]
    except (OSError, EOFError):  # there are no more processes, or one was killed, most likely for want of memory
        return None
    finally:
        for process, receiver in started:
            process.kill()
            process.join()
            receiver.close()


def _send(sender: Connection[Any, Any], check: Check, part: frozenset[str]) -> None:
    prepare()
    sender.send(check(part))
    sender.close()
