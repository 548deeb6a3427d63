import os

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

NAME = make_url(os.environ["DATABASE_URL"]).database


async def ping() -> None:
    engine = create_async_engine(f"sqlite:///{NAME}")
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))
    await engine.dispose()
