# database: sqlite+aiosqlite
"""add() gives nothing that could be awaited."""

import asyncio

from app import Base, add_book, engine
from observing import say, told


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        await add_book("Emma")
    except TypeError as error:
        say(told(error))
    await engine.dispose()


asyncio.run(main())
