import os
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def sum_up(db: Session, number: int) -> int:
    return db.scalar(text("select :number + 1"), {"number": number})


@app.get("/sums/{number}")
def add(number: int, db: Session = Depends(get_db)) -> int:
    total = db.scalar(text("select added(:number)"), {"number": number})
    with SessionLocal() as other:
        return sum_up(other, total)
