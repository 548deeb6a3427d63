import os
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/report")
async def report(db: Session = Depends(get_db)) -> int | None:
    return db.scalar(text("select slow()"))


@app.get("/ping")
async def ping() -> str:
    return "pong"
