import os

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

NAME = make_url(os.environ["DATABASE_URL"]).database
engine = create_engine(f"sqlite+pysqlite:///{NAME}", connect_args={"check_same_thread": False})


def ping() -> None:
    with engine.connect() as connection:
        connection.execute(text("select 1"))
