import asyncio
import os

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"])
new_session = async_sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    name: Mapped[str] = mapped_column(primary_key=True)


class Order(Base):
    __tablename__ = "orders"

    number: Mapped[int] = mapped_column(primary_key=True)


async def count(session: AsyncSession, kind: type[Base]) -> int:
    return await session.scalar(select(func.count()).select_from(kind)) or 0


async def totals() -> list[int]:
    async with new_session() as session:
        return await asyncio.gather(count(session, User), count(session, Order))
