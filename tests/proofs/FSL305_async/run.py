# database: sqlite+aiosqlite
"""While one order is paid, another one is declined: its rollback takes the first one's row along."""

import asyncio

from app import Base, Order, engine, place
from observing import say
from sqlalchemy import select


async def decline() -> None:
    raise RuntimeError("declined")


async def another_order_is_declined() -> None:
    await asyncio.gather(place("Persuasion", decline), return_exceptions=True)


async def main() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    answer = await place("Emma", another_order_is_declined)
    async with engine.connect() as connection:
        stored = list(await connection.scalars(select(Order.title)))
    await engine.dispose()
    say("" if stored == ["Emma"] else f"{answer}, and stored is {stored}")


asyncio.run(main())
