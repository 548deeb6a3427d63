import os
from collections.abc import Iterator

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


@app.get("/books/{book_id}")
def read_book(book_id: int, db: Session = Depends(get_db)) -> int:
    if not db.scalar(text("select count(*) from sqlite_master")):
        raise HTTPException(404)
    return book_id
