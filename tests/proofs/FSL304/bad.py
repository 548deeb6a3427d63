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


class Orders:
    def __init__(self) -> None:
        self.db = SessionLocal()

    def place(self, title: str, pay: Callable[[], None]) -> str:
        try:
            self.db.add(Order(title=title))
            pay()
            self.db.commit()
        except Exception:
            self.db.rollback()
            raise
        return "saved"


orders = Orders()


def place(title: str, pay: Callable[[], None]) -> str:
    return orders.place(title, pay)
