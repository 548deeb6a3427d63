import os
from collections.abc import Iterator
from functools import lru_cache

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

SessionLocal = sessionmaker(create_engine(os.environ["DATABASE_URL"]))
app = FastAPI()


@lru_cache
def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/one")
def one(db: Session = Depends(get_db)) -> int | None:
    return db.scalar(text("select 1"))
