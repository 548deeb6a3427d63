import os

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import sessionmaker

engine = create_async_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine, expire_on_commit=False)


async def ping() -> None:
    db = SessionLocal()
    try:
        await db.execute(text("select 1"))
    finally:
        await db.close()
