# database: postgresql+asyncpg
"""The event loop closes the forgotten generator, and with it the session, in the middle of the work."""

import asyncio

from app import AsyncSessionLocal, engine, place_order
from observing import say
from sqlalchemy import text


async def main() -> None:
    async with engine.begin() as connection:
        await connection.execute(text("create table orders (number integer)"))
    answers = [await place_order(number) for number in range(5)]
    async with AsyncSessionLocal() as session:
        stored = await session.scalar(text("select count(*) from orders")) or 0
    say("" if stored == answers.count("saved") else "five orders are said to be saved, and fewer are stored")
    await engine.dispose()


asyncio.run(main())
