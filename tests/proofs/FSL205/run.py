"""The second half of the work raises, and the first half is stored."""

from app import Base, Entry, SessionLocal, engine, move
from observing import failure, say
from sqlalchemy import select

Base.metadata.create_all(engine)
say(failure(lambda: move(10)))
with SessionLocal() as db:
    stored = sorted(db.scalars(select(Entry.account)))
say("" if stored == ["mine", "yours"] else f"stored: {stored}")
