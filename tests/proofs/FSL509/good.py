import os

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"], connect_args={"check_same_thread": False})
SessionLocal = sessionmaker(engine)
app = FastAPI()


def get_db():
    with SessionLocal() as db:
        yield db


@app.get("/health")
def health(db: Session = Depends(get_db)) -> bool:
    return db.scalar(text("select 1")) == 1
