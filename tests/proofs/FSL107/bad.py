import os

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


@app.get("/one")
def one(db: Session = Depends(SessionLocal)) -> int:
    return db.scalar(text("select 1"))
