"""An order is not paid and answered by an error; the next request on that thread stores it together with its own."""

from app import Base, Order, app, engine
from fastapi.testclient import TestClient
from observing import say
from sqlalchemy import select
from sqlalchemy.orm import Session

Base.metadata.create_all(engine)
with TestClient(app) as client:
    answers = [
        client.post("/orders/Persuasion?is_paid=false").status_code,
        client.post("/orders/Emma?is_paid=true").status_code,
    ]
with Session(engine) as db:
    stored = sorted(db.scalars(select(Order.title)))
say("" if stored == ["Emma"] else f"answered with {answers}, and stored are {stored}")
