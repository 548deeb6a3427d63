"""Models to findings by several processes: each judges a share of the files, with all models at hand.

A process that is made as a copy of this one has the models without anybody sending them; where there are no such copies
one process judges everything. Nothing but findings comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fastapi_session_lint.findings import INTERNAL_ERROR, Finding
from fastapi_session_lint.processes import can_fork, prepare, processors, undisturbed

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Check = Callable[[frozenset[str]], list[Finding]]
"""The findings in some of the files, in their order."""
_WORTH_A_PROCESS = 5_000
"""The weight for each process: what all of them have to find out is found out by each."""


def check_by_processes(check: Check, weights: Mapping[str, int], jobs: int | None) -> list[Finding]:
    """The findings in all files, by so many processes, as many as are worth it when None.

    `weights` tell by path how long a file takes, see engine.weight. The findings are the same for any number.
    """
    count = min(jobs or min(processors(), sum(weights.values()) // _WORTH_A_PROCESS), len(weights))
    if count < 2 or not can_fork():
        return check(frozenset(weights))
    found = _by_copies(check, shares(weights, count))
    if found is None or any(one.code == INTERNAL_ERROR for one in found):
        return check(frozenset(weights))  # a rule that crashes says no more of the other files, whose ever they are
    return sorted(found, key=lambda one: one.order)


def shares(weights: Mapping[str, int], count: int) -> list[frozenset[str]]:
    """The files in so many shares of about the same weight; what lies together asks for the same and stays together."""
    parts: list[set[str]] = [set() for _ in range(count)]
    whole, before = sum(weights.values()) or 1, 0
    for path in sorted(weights):
        middle = before + weights[path] / 2
        parts[min(int(middle * count / whole), count - 1)].add(path)
        before += weights[path]
    return [frozenset(part) for part in parts if part]


def _by_copies(check: Check, parts: list[frozenset[str]]) -> list[Finding] | None:
    """The findings in all parts, the first of which is for this process; None where another one failed."""
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
        found = check(parts[0])
        for _, receiver in started:
            found += receiver.recv()
    except (OSError, EOFError):  # there are no more processes, or one was killed, most likely for want of memory
        return None
    finally:
        for process, receiver in started:
            process.kill()
            process.join()
            receiver.close()
    return found


def _send(sender: Connection[Any, Any], check: Check, part: frozenset[str]) -> None:
    prepare()
    sender.send(check(part))
    sender.close()
