"""Engines and session factories of the shop's own database, one sync and one async."""

from typing import Any

from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from bookshop.settings import settings


def connect_args(url: str) -> dict[str, Any]:
    """What the driver of a sync engine wants to be told."""
    return {"check_same_thread": False} if url.startswith("sqlite") else {}


def async_url(url: str) -> str:
    """The same database for an async engine: SQLite needs another driver, psycopg serves both."""
    parts = make_url(url)
    if parts.drivername == "sqlite":
        parts = parts.set(drivername="sqlite+aiosqlite")
    return parts.render_as_string(hide_password=False)


engine = create_engine(settings.database_url, connect_args=connect_args(settings.database_url))
catalogue_sessions = sessionmaker(engine)

async_engine = create_async_engine(async_url(settings.database_url))
async_sessions = async_sessionmaker(async_engine, expire_on_commit=False)


def new_session() -> Session:
    """An open session; the caller closes it."""
    return catalogue_sessions()
