# database: sqlite+aiosqlite
"""An AsyncSession has no query."""

import asyncio

from app import Base, engine, find_book
from observing import say, told


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    try:
        await find_book("Emma")
    except AttributeError as error:
        say(told(error))
    await engine.dispose()


asyncio.run(main())
