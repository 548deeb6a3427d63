import os

from fastapi import BackgroundTasks, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)
app = FastAPI()


def look_up(page: str) -> None:
    with SessionLocal() as db:
        db.execute(text("select :page"), {"page": page})


@app.get("/pages/{page}")
def show(page: str, tasks: BackgroundTasks) -> str:
    tasks.add_task(look_up, page)
    return page
