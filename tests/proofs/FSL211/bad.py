import os
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Visit(Base):
    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db


def last_visit(db: Session = Depends(get_db)) -> int | None:
    return db.scalar(select(Visit.id).order_by(Visit.id.desc()))


@app.post("/visits")
def add_visit(last: int | None = Depends(last_visit), db: Session = Depends(get_db)) -> None:
    with db.begin():
        db.execute(insert(Visit).values(id=(last or 0) + 1))
