"""The book gets its number and is gone with the block."""

from app import Base, Book, SessionLocal, engine, store
from observing import say

Base.metadata.create_all(engine)
number = store("Emma")
with SessionLocal() as db:
    book = db.get(Book, number)
say("" if book is not None else f"no error, stored as number {number}, and number {number} is not there")
