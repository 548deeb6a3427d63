import os
from collections.abc import Callable
from functools import lru_cache

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


@lru_cache
def get_session() -> Session:
    return SessionLocal()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    title: Mapped[str] = mapped_column(primary_key=True)


def place(title: str, pay: Callable[[], None]) -> str:
    db = get_session()
    try:
        db.add(Order(title=title))
        pay()
        db.commit()
    except Exception:
        db.rollback()
        raise
    return "saved"
