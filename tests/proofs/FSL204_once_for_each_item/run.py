"""The third of four items fails: two are stored, or none."""

from app import Base, Item, SessionLocal, engine, store
from observing import failure, say
from sqlalchemy import select

Base.metadata.create_all(engine)
error = failure(lambda: store(["ink", "pen", "ink", "nib"])).partition(":")[0]
with SessionLocal() as db:
    stored = list(db.scalars(select(Item.name).order_by(Item.id)))
say(stored and f"{error}, and stored is {stored}")
