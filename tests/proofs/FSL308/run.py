"""While one order is paid, another one is declined: its rollback takes the first one's row along."""

import threading

import app
from app import Base, Order, SessionLocal, engine, place_all
from observing import say
from sqlalchemy import select

is_added = threading.Event()
is_declined = threading.Event()
place = app.place


def noted(*arguments: object) -> str:
    """Place an order, and note when it has been declined for good."""
    answer = place(*arguments)  # type: ignore[arg-type]  # the two forms take different ones
    if "declined" in answer:
        is_declined.set()
    return answer


def pay(title: str) -> None:
    if title == "Emma":
        is_added.set()
        is_declined.wait(30)
    else:
        is_added.wait(30)
        raise RuntimeError("declined")


app.place = noted
Base.metadata.create_all(engine)
answers = place_all(["Emma", "Persuasion"], pay)
with SessionLocal() as db:
    stored = list(db.scalars(select(Order.title)))
say("" if stored == ["Emma"] else f"{', '.join(answers)}; and stored is {stored}")
