# database: sqlite+aiosqlite
"""The book is stored, and then its title cannot be read any more."""

import asyncio

from app import Base, app, engine
from fastapi.testclient import TestClient
from observing import failure, say


async def create_tables() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()


asyncio.run(create_tables())
with TestClient(app) as client:
    say(failure(lambda: client.post("/books?title=Emma")))
