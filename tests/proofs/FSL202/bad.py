import os
from collections.abc import Iterator

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine(os.environ["DATABASE_URL"]))
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        try:
            yield db
        except Exception:
            db.rollback()


@app.get("/books/1")
def read_book(db: Session = Depends(get_db)) -> None:
    raise HTTPException(404)
