import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def ping() -> None:
    async with AsyncSessionLocal() as db:
        await db.execute(text("select 1"))
