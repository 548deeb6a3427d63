import os

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"
    isbn: Mapped[str] = mapped_column(primary_key=True)
    pages: Mapped[int]


def import_books(rows: list[tuple[str, str]]) -> list[str]:
    skipped = []
    with SessionLocal() as db:
        for isbn, pages in rows:
            try:
                with db.begin_nested():
                    db.add(Book(isbn=isbn, pages=int(pages)))
                    db.flush()
            except Exception:
                skipped.append(isbn)
        db.commit()
    return skipped
