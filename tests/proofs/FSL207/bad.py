import os
from collections.abc import Iterator

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"

    name: Mapped[str] = mapped_column(primary_key=True)


def get_db() -> Iterator[Session]:
    with SessionLocal() as db:
        yield db
        db.commit()


@app.post("/users/{name}")
def add_user(name: str, db: Session = Depends(get_db)) -> str:
    db.add(User(name=name))
    return name
