import os
from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session

engine = create_async_engine(os.environ["DATABASE_URL"])
sessions = scoped_session(async_sessionmaker(engine, expire_on_commit=False))
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    title: Mapped[str] = mapped_column(primary_key=True)


async def charge() -> None:
    pass


async def place(title: str, pay: Callable[[], Awaitable[None]]) -> str:
    session = sessions()
    try:
        session.add(Order(title=title))
        await pay()
        await session.commit()
    except Exception:
        await session.rollback()
        raise
    return "saved"


@app.post("/orders/{title}")
async def order(title: str) -> str:
    return await place(title, charge)
