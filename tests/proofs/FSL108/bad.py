import os

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    title: Mapped[str] = mapped_column(primary_key=True)


def store(title: str) -> None:
    with SessionLocal() as db:
        db.add(Book(title=title))
    db.commit()
