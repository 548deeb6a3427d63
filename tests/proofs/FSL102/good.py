import os

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)


def find_table(name: str) -> str:
    db = SessionLocal()
    try:
        found: str = db.execute(text("select name from sqlite_master where name = :name"), {"name": name}).scalar_one()
    finally:
        db.close()
    return found
