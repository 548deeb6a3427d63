import os
from collections.abc import Iterator

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    title: Mapped[str] = mapped_column(primary_key=True)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.post("/orders/{title}")
def place(title: str, is_paid: bool, db: Session = Depends(get_db)) -> str:
    db.add(Order(title=title))
    if not is_paid:
        raise HTTPException(402)
    db.commit()
    return "saved"
