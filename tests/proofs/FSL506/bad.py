from sqlalchemy import Column, Integer
from sqlalchemy.ext.declarative import DeferredReflection, declarative_base

Base = declarative_base()


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)


class Reflected(DeferredReflection):
    __abstract__ = True
