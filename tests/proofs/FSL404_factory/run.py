# database: sqlite+aiosqlite
"""A factory without class_ makes sync sessions, which cannot use an async engine."""

import asyncio

from app import engine, ping
from observing import say, told


async def main() -> None:
    try:
        await ping()
    except Exception as error:
        say(told(error.__context__ or error))
    await engine.dispose()


asyncio.run(main())
