import os

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


def try_price(price: int) -> int | None:
    db = SessionLocal()
    return db.scalar(text("update books set price = :price returning price"), {"price": price})
