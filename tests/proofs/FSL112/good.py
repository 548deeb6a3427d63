import os

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine(os.environ["DATABASE_URL"])
SessionLocal = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str


def add_user(name: str) -> int:
    user = User(name=name)
    with SessionLocal.begin() as db:
        db.add(user)
        db.flush()
        return user.id


@app.post("/users/{name}", response_model=UserOut)
def post_user(name: str) -> User:
    with SessionLocal() as db:
        user = User(name=name)
        db.add(user)
        db.commit()
        db.refresh(user)
        return user


@app.put("/users/{name}")
def put_user(name: str):
    with SessionLocal() as db:
        user = User(name=name)
        db.add(user)
        db.commit()
        db.refresh(user)
        return user
