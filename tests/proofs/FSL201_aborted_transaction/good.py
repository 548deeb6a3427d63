import os

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


def place_order(title: str, audit: str) -> str:
    with SessionLocal() as db:
        db.execute(text("insert into orders values (:title)"), {"title": title})
        try:
            with db.begin_nested():
                db.execute(text(audit))
        except DBAPIError:
            pass
        db.commit()
    return "saved"
