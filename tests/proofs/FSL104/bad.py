import os

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Session:
    db = SessionLocal()
    return db


@app.get("/books/count")
def count_books(db: Session = Depends(get_db)) -> int | None:
    return db.scalar(text("select count(*) from sqlite_master"))
