import os

from fastapi import FastAPI, HTTPException
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


def open_session() -> Session:
    with engine.connect() as connection:
        connection.execute(text("select 1 from is_ready"))
    return SessionLocal()


@app.get("/tables")
def count_tables() -> int | None:
    db = open_session()
    try:
        return db.scalar(text("select count(*) from sqlite_master"))
    except OperationalError:
        raise HTTPException(503, "the database is not ready") from None
    finally:
        db.close()
