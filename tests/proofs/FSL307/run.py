# database: sqlite+aiosqlite
"""Two queries at once, and no connection in the pool yet, as after a start."""

import asyncio

from app import Base, engine, totals
from observing import say, told


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
    try:
        await totals()
    except Exception as error:
        say(told(error.__context__ or error))
        say("then " + told(error).partition(" and this would")[0])
    await engine.dispose()


asyncio.run(main())
