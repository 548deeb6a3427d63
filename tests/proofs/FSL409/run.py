# database: sqlite+aiosqlite
"""An AsyncSession cannot be entered by with."""

import asyncio

from app import engine, ping
from observing import say, told


async def main() -> None:
    try:
        await ping()
    except TypeError as error:
        say(told(error))
    await engine.dispose()


asyncio.run(main())
