import os

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


def one() -> int:
    with SessionLocal() as db:
        return db.scalar(text("select 1"))
