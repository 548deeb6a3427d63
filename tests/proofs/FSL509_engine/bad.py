import os

from sqlalchemy import create_engine, text

engine = create_engine(os.environ["DATABASE_URL"], connect_args={"check_same_thread": False})


def is_alive() -> bool:
    return engine.execute(text("select 1")).scalar() == 1
