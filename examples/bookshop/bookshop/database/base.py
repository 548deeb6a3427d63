"""The base of all tables of the shop."""

from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """Tables of the shop's own database."""
