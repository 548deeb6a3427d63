import os

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, select

engine = create_async_engine(os.environ["DATABASE_URL"])
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)


class Book(SQLModel, table=True):
    title: str = Field(primary_key=True)


async def all_books() -> list[Book]:
    async with AsyncSessionLocal() as db:
        return list(await db.exec(select(Book)))
