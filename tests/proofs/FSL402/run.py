# database: sqlite+aiosqlite
"""What is said to be saved is not there."""

import asyncio

from app import AsyncSessionLocal, Base, Book, add_book, engine
from observing import say
from sqlalchemy import func, select


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    answer = await add_book("Emma")
    async with AsyncSessionLocal() as db:
        rows = await db.scalar(select(func.count()).select_from(Book))
    say("" if rows == 1 else f"{answer}, and {rows} rows are stored")
    await engine.dispose()


asyncio.run(main())
