"""One number that is there already, and the import stops at the next."""

from app import Base, Book, SessionLocal, engine, import_books
from observing import failure, say
from sqlalchemy import select

Base.metadata.create_all(engine)
with SessionLocal.begin() as db:
    db.add(Book(isbn="known"))
say(failure(lambda: import_books(["first", "known", "last"])))
with SessionLocal() as db:
    stored = sorted(db.scalars(select(Book.isbn)))
say("" if stored == ["first", "known", "last"] else f"stored: {stored}")
