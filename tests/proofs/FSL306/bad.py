import os
from collections.abc import Iterator

from fastapi import BackgroundTasks, Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def look_up(db: Session, page: str) -> None:
    db.execute(text("select :page"), {"page": page})


@app.get("/pages/{page}")
def show(page: str, tasks: BackgroundTasks, db: Session = Depends(get_db, scope="function")) -> str:
    tasks.add_task(look_up, db, page)
    return page
