"""FSL207, FSL306, FSL310: when the code after a dependency's yield runs."""

# fastapi 0.105.0: response, task, exit
# fastapi 0.106.0: exit, response, task
# fastapi 0.117.1: exit, response, task
# fastapi 0.118.0: response, task, exit
# newest: response, task, exit

import asyncio
from collections.abc import Iterator
from typing import Any

from fastapi import BackgroundTasks, Depends, FastAPI

app = FastAPI()
events: list[str] = []


def dependency() -> Iterator[None]:
    yield
    events.append("exit")


@app.get("/")
def endpoint(tasks: BackgroundTasks, _: None = Depends(dependency)) -> str:
    tasks.add_task(events.append, "task")
    return ""


async def receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: dict[str, Any]) -> None:
    if message["type"] == "http.response.start":
        events.append("response")


scope = {
    "type": "http", "http_version": "1.1", "method": "GET", "path": "/", "raw_path": b"/", "root_path": "",
    "scheme": "http", "query_string": b"", "headers": [], "client": ("client", 1), "server": ("server", 80),
}  # fmt: skip
asyncio.run(app(scope, receive, send))
print(*events, sep=", ")
