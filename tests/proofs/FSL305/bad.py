import os

from fastapi import FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, scoped_session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
db_session = scoped_session(sessionmaker(engine))
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    title: Mapped[str] = mapped_column(primary_key=True)


@app.post("/orders/{title}")
def place(title: str, is_paid: bool) -> str:
    db_session.add(Order(title=title))
    if not is_paid:
        raise HTTPException(402)
    db_session.commit()
    return "saved"
