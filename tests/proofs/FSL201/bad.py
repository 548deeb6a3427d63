import os

from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"
    isbn: Mapped[str] = mapped_column(primary_key=True)


def import_books(numbers: list[str]) -> list[str]:
    skipped = []
    with SessionLocal() as db:
        for isbn in numbers:
            try:
                db.add(Book(isbn=isbn))
                db.commit()
            except IntegrityError:
                skipped.append(isbn)
    return skipped
