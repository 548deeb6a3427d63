# database: sqlite+aiosqlite
"""Six sockets are open; each has sent one message and waits. The pool has five connections."""

from contextlib import ExitStack

from app import app
from fastapi.testclient import TestClient
from observing import failure, say


def open_sockets(count: int) -> None:
    with TestClient(app) as client, ExitStack() as stack:
        for _ in range(count):
            socket = stack.enter_context(client.websocket_connect("/one"))
            socket.send_text("one, please")
            socket.receive_json()


say(failure(lambda: open_sockets(6)))
