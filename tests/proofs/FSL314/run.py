"""Five requests hold the five connections of the pool, and each of them asks for one more."""

import threading
from concurrent.futures import ThreadPoolExecutor

from app import app, engine
from fastapi.testclient import TestClient
from observing import failure, say
from sqlalchemy import event

all_have_one = threading.Barrier(5)


def wait_for_the_others(number: int) -> int:
    all_have_one.wait()
    return number


@event.listens_for(engine, "connect")
def register(connection, _record) -> None:
    connection.create_function("added", 1, wait_for_the_others)


def ask(number: int) -> str:
    return failure(lambda: TestClient(app).get(f"/sums/{number}"))


with ThreadPoolExecutor(5) as clients:
    failures = set(clients.map(ask, range(5)))
say("\n".join(sorted(failures - {""})))
