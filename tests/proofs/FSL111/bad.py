import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


@contextmanager
def session_scope() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def one() -> int:
    db = session_scope()
    return db.scalar(text("select 1"))
