"""A number that is there already stops the import; one that is no number must not cost the books before it."""

from app import Base, Book, SessionLocal, engine, import_books
from observing import failure, say
from sqlalchemy import select

Base.metadata.create_all(engine)
with SessionLocal.begin() as db:
    db.add(Book(isbn="known", pages=1))
import_books([("first", "10"), ("odd", "many"), ("second", "20")])
say(failure(lambda: import_books([("known", "1"), ("last", "30")])))
with SessionLocal() as db:
    stored = sorted(db.scalars(select(Book.isbn)))
say("" if stored == ["first", "known", "last", "second"] else f"stored: {stored}")
