import os
from collections.abc import Iterator

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db
        db.commit()


def place_order(number: int) -> str:
    opened = get_db()
    db = next(opened)
    db.execute(text("insert into orders values (:number)"), {"number": number})
    return "saved"
