import os

from fastapi import FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

app = FastAPI()

engine = create_engine(os.environ["DATABASE_URL"], pool_size=1, max_overflow=0)
SessionLocal = sessionmaker(engine)

reports_engine = create_engine(os.environ["DATABASE_URL"], pool_size=1, max_overflow=0)
ReportSession = sessionmaker(reports_engine)


@app.get("/tables/count")
def count_tables() -> int:
    with SessionLocal() as db:
        return db.scalar(text("select count(*) from sqlite_master"))


@app.get("/reports/count")
def count_reports() -> int:
    with ReportSession() as db:
        return db.scalar(text("select count(*) from sqlite_master"))
