import os

from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()


@app.get("/tables/count")
def count_tables() -> int:
    engine = create_engine(os.environ["DATABASE_URL"])
    with Session(engine) as db:
        return db.scalar(text("select count(*) from sqlite_master"))
