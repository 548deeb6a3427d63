# database: sqlite+aiosqlite
"""An async engine does not run a schema's DDL."""

import asyncio

from app import create_tables, engine
from observing import say, told


async def main() -> None:
    try:
        await create_tables()
    except AttributeError as error:
        say(told(error))
    await engine.dispose()


asyncio.run(main())
