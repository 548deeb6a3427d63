"""The shop's own database: tables, engines and sessions."""

from .base import Base
from .engines import async_engine, async_sessions, catalogue_sessions, engine, new_session

__all__ = ["Base", "async_engine", "async_sessions", "catalogue_sessions", "engine", "new_session"]
