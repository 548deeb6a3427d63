"""What several proofs do to show a symptom: ask an app, use up a pool, hold statements back."""

from __future__ import annotations

import gc
import logging
import threading
import warnings
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine, Pool, event

# A leaked session hangs in a reference cycle: sooner or later the collector gives its connection back. When it does so
# is chance, and a proof leaves nothing to chance.
gc.disable()
warnings.simplefilter("ignore")
logging.disable()


def statuses(app: FastAPI, path: str, times: int, method: str = "GET") -> list[int]:
    """The status codes of some requests, one after the other; an error of the app is a 500, as a client sees it."""
    with TestClient(app, raise_server_exceptions=False) as client:
        return [client.request(method, path).status_code for _ in range(times)]


def failure(call: Callable[[], Any], times: int = 1) -> str:
    """The kind and the first line of the first error in some calls; empty when there is none."""
    for _ in range(times):
        try:
            call()
        except Exception as error:
            return told(error)
    return ""


def told(error: BaseException) -> str:
    """The kind of an error and the first sentence of its message, without what differs from run to run."""
    return f"{type(error).__name__}: {str(error).splitlines()[0].split(' (Background')[0]}"


def say(symptom: object) -> None:
    """Print a symptom, if there is one."""
    if symptom:
        print(symptom, flush=True)


class OpenConnections:
    """How many connections of all engines together have been opened since, and not closed."""

    def __init__(self) -> None:
        self.count = 0
        event.listen(Pool, "connect", self._opened)
        event.listen(Pool, "close", self._closed)

    def _opened(self, _connection: Any, _record: Any) -> None:
        self.count += 1

    def _closed(self, _connection: Any, _record: Any) -> None:
        self.count -= 1


class SlowQueries:
    """`select slow()` on SQLite: it lasts until something else has happened, or nothing has for a while.

    `events` has what happened, in order. The while is only what a standstill costs; what counts is the order.
    """

    def __init__(self, engine: Engine) -> None:
        self.events: list[str] = []
        self._gate = threading.Event()
        event.listen(engine, "connect", self._register)

    def happened(self, what: str) -> None:
        """Note an event, upon which the slow query ends."""
        self.events.append(what)
        self._gate.set()

    def _register(self, connection: Any, _record: Any) -> None:
        connection.create_function("slow", 0, self._wait)

    def _wait(self) -> int:
        self.events.append("the query begins")
        self._gate.wait(1)
        self.events.append("the query ends")
        return 1
