"""The name is taken, the commit fails, and the client has been told 200 by then."""

import asyncio

from app import Base, app, engine
from observing import say

answers: list[int] = []


async def post(path: str) -> None:
    """Ask as a server does, and note the status that it sends to the client, whatever happens after that."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            answers.append(int(str(message["status"])))

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": [],
        "client": ("client", 1), "server": ("server", 80),
    }  # fmt: skip
    try:
        await app(scope, receive, send)  # type: ignore[arg-type]  # ASGI's own types say no more than dict
    except Exception as error:
        if answers[-1] == 200:
            say(f"{type(error).__name__} after {answers[-1]}")


Base.metadata.create_all(engine)
asyncio.run(post("/users/ann"))
asyncio.run(post("/users/ann"))
say("" if answers == [200, 500] else f"answers: {answers}")
