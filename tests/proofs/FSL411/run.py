# database: sqlite+aiosqlite
"""SQLAlchemy's own AsyncSession has no exec."""

import asyncio

from app import all_books, engine
from observing import say, told
from sqlmodel import SQLModel


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    try:
        await all_books()
    except AttributeError as error:
        say(told(error))
    await engine.dispose()


asyncio.run(main())
