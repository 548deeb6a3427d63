"""Nothing is left in stock: the order is refused, and stored."""

from app import Base, Order, SessionLocal, Stock, app, engine
from observing import say, statuses
from sqlalchemy import func, select

Base.metadata.create_all(engine)
with SessionLocal.begin() as db:
    db.add(Stock(article="book", amount=0))
(answer,) = statuses(app, "/orders", 1, "POST")
with SessionLocal() as db:
    orders = db.scalar(select(func.count()).select_from(Order))
say("" if (answer, orders) == (500, 0) else f"answer {answer}, orders stored: {orders}")
