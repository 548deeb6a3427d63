"""While one order is paid, another one is declined: its rollback takes the first one's row along."""

import threading

from app import Base, Order, SessionLocal, engine, place
from observing import failure, say
from sqlalchemy import select


def decline() -> None:
    raise RuntimeError("declined")


def another_order_is_declined() -> None:
    thread = threading.Thread(target=failure, args=(lambda: place("Persuasion", decline),))
    thread.start()
    thread.join()


Base.metadata.create_all(engine)
answer = place("Emma", another_order_is_declined)
with SessionLocal() as db:
    stored = list(db.scalars(select(Order.title)))
say("" if stored == ["Emma"] else f"{answer}, and stored is {stored}")
