import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    title: Mapped[str] = mapped_column(primary_key=True)


def place(title: str, pay: Callable[[str], None]) -> str:
    with SessionLocal() as db:
        try:
            db.add(Order(title=title))
            pay(title)
            db.commit()
        except Exception:
            db.rollback()
            return f"{title}: declined"
    return f"{title}: saved"


def place_all(titles: list[str], pay: Callable[[str], None]) -> list[str]:
    with ThreadPoolExecutor() as executor:
        return list(executor.map(lambda title: place(title, pay), titles))
