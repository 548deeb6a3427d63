from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine("sqlite:///shop.db", connect_args={"check_same_thread": True})
SessionLocal = sessionmaker(engine)


def count_books() -> int | None:
    with SessionLocal() as db:
        return db.scalar(text("select count(*) from sqlite_master"))
