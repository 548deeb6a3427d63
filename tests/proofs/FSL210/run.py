"""The request is refused half way through, and what it has done up to there is stored."""

from app import Base, Entry, SessionLocal, app, engine
from observing import say, statuses
from sqlalchemy import select

Base.metadata.create_all(engine)
(answer,) = statuses(app, "/transfers", 1, "POST")
with SessionLocal() as db:
    stored = sorted(db.scalars(select(Entry.account)))
say("" if not stored else f"answer {answer}, stored: {stored}")
