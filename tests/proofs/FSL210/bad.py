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


class Entry(Base):
    __tablename__ = "entries"

    account: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.commit()
        db.close()


@app.post("/transfers")
def move(db: Session = Depends(get_db)) -> None:
    db.add(Entry(account="mine", amount=-10))
    raise HTTPException(400, "there is no such account")
