# database: postgresql+psycopg
"""A statement that may fail is ignored when it does; the commit after it reports success and stores nothing."""

from app import SessionLocal, place_order
from observing import say
from sqlalchemy import text

with SessionLocal.begin() as db:
    db.execute(text("create table orders (title text)"))
answer = place_order("Emma", audit="insert into audit values (1)")
with SessionLocal() as db:
    stored = list(db.scalars(text("select title from orders")))
say("" if stored == ["Emma"] else f"{answer}, and stored is {stored}")
