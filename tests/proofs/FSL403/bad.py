import os

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine(os.environ["DATABASE_URL"])
AsyncSessionLocal = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"
    title: Mapped[str] = mapped_column(primary_key=True)


def forget(db: AsyncSession, book: Book) -> None:
    db.delete(book)


async def remove_book(title: str) -> None:
    async with AsyncSessionLocal.begin() as db:
        book = await db.get(Book, title)
        assert book is not None
        forget(db, book)
