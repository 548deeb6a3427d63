"""A generator that is kept and never finished does not come to its commit."""

from app import SessionLocal, engine, place_order
from observing import say
from sqlalchemy import text

with engine.begin() as connection:
    connection.execute(text("create table orders (number integer)"))
answer = place_order(7)
with SessionLocal() as db:
    stored = db.scalar(text("select count(*) from orders"))
say("" if stored else f"the order is said to be {answer}, and is not stored")
