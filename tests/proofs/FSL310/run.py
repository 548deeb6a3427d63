# database: sqlite+aiosqlite
"""Six clients begin to read and do not go on; the pool has five connections."""

import asyncio

from app import app, engine
from observing import say, told

reading: list[str] = []
all_read = asyncio.Event()


async def ask() -> None:
    """Ask as a server does, for a client that takes the first line and then nothing until all others have got one."""

    async def receive() -> dict[str, object]:
        await asyncio.Event().wait()
        return {}

    async def send(message: dict[str, object]) -> None:
        if message["type"] == "http.response.body":
            reading.append(str(message["type"]))
            await all_read.wait()

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": "/lines", "raw_path": b"/lines", "root_path": "", "query_string": b"", "headers": [],
        "client": ("client", 1), "server": ("server", 80),
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[arg-type]  # ASGI's own types say no more than dict


async def main() -> None:
    clients = []
    for number in range(1, 7):
        clients.append(asyncio.create_task(ask()))
        while len(reading) < number and not clients[-1].done():
            await asyncio.sleep(0)
    all_read.set()
    for answer in await asyncio.gather(*clients, return_exceptions=True):
        say(told(answer) if isinstance(answer, BaseException) else "")
    await engine.dispose()


asyncio.run(main())
