# database: sqlite+aiosqlite
"""What was deleted is still there."""

import asyncio

from app import AsyncSessionLocal, Base, Book, engine, remove_book
from observing import say


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSessionLocal.begin() as db:
        db.add(Book(title="Emma"))
    await remove_book("Emma")
    async with AsyncSessionLocal() as db:
        say("still there" if await db.get(Book, "Emma") else "")
    await engine.dispose()


asyncio.run(main())
