import os

from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

SessionLocal = sessionmaker(create_engine(os.environ["DATABASE_URL"]), autocommit=True)
app = FastAPI()


@app.get("/answer")
def read_answer() -> int | None:
    with SessionLocal() as db:
        return db.scalar(text("select 42"))
