import os

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


def hold_price() -> int | None:
    db = SessionLocal()
    return db.scalar(text("select price from books for update"))
