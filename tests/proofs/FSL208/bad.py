import os

from fastapi import FastAPI
from sqlalchemy import CheckConstraint, create_engine, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    number: Mapped[int] = mapped_column(primary_key=True)


class Stock(Base):
    __tablename__ = "stock"
    __table_args__ = (CheckConstraint("amount >= 0"),)

    article: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


@app.post("/orders")
def order() -> None:
    with SessionLocal() as db:
        db.add(Order())
        db.commit()
        db.execute(update(Stock).values(amount=Stock.amount - 1))
        db.commit()
