import os
from collections.abc import Callable

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    title: Mapped[str] = mapped_column(primary_key=True)


def place(title: str, pay: Callable[[], None]) -> str:
    with SessionLocal() as db:
        try:
            db.add(Order(title=title))
            pay()
            db.commit()
        except Exception:
            db.rollback()
            raise
        return "saved"
