import os

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)


def count_books() -> int | None:
    with SessionLocal() as db:
        return db.scalar(text("select count(*) from sqlite_master"))
