import os

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entries"

    account: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


def move(amount: int) -> None:
    with SessionLocal.begin() as db:
        db.add(Entry(account="mine", amount=-amount))
        db.flush()
        db.add(Entry(account="yours", amount=amount))
