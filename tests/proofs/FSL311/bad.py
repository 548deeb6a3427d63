import os
from collections.abc import Iterator
from urllib.request import urlopen

from fastapi import Depends, FastAPI
from sqlalchemy import QueuePool, create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(
    os.environ["DATABASE_URL"], poolclass=QueuePool, pool_size=5, max_overflow=0, pool_timeout=0.1
)
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


@app.get("/rate")
def rate(url: str, db: Session = Depends(get_db)) -> str:
    db.execute(text("select 1"))
    with urlopen(url) as answer:
        return answer.read().decode()


@app.get("/one")
def one(db: Session = Depends(get_db)) -> int | None:
    return db.scalar(text("select 1"))
