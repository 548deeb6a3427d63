"""A commit behind the block reports success, and the book is not there."""

from app import Base, Book, SessionLocal, engine, store
from observing import say
from sqlalchemy import select

Base.metadata.create_all(engine)
store("Emma")
with SessionLocal() as db:
    stored = sorted(db.scalars(select(Book.title)))
say("" if stored == ["Emma"] else f"no error, stored: {stored}")
