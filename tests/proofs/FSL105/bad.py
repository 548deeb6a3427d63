import os
from collections.abc import Iterator

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


def count_books() -> int | None:
    db = next(get_db())
    return db.scalar(text("select count(*) from sqlite_master"))
