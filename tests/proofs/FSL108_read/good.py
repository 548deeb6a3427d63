import os

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)


def count_tables_and_indexes() -> tuple[int | None, int | None]:
    with SessionLocal() as db:
        tables = db.scalar(text("select count(*) from sqlite_master where type = 'table'"))
        return tables, db.scalar(text("select count(*) from sqlite_master where type = 'index'"))
