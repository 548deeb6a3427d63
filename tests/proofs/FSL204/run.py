# database: postgresql+psycopg2
"""Twelve rows are read five at a time; the first commit takes the cursor away from under the loop."""

from app import Base, Item, SessionLocal, engine, raise_prices
from observing import failure, say

Base.metadata.create_all(engine)
with SessionLocal.begin() as db:
    db.add_all([Item(price=1) for _ in range(12)])
say(failure(raise_prices))
