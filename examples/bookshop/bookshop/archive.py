"""Orders of earlier years, in a database of their own."""

from datetime import datetime

from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from bookshop.settings import settings


class ArchiveBase(DeclarativeBase):
    """Tables of the archive."""


class ArchivedOrder(ArchiveBase):
    """An order of an earlier year."""

    __tablename__ = "archived_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(String(200))
    total_cents: Mapped[int]
    placed_at: Mapped[datetime]


archive_engine = create_engine(settings.archive_url, connect_args={"check_same_thread": True})  # expect: FSL501
_archive_sessions = sessionmaker(archive_engine)


def open_archive() -> Session:
    """An open session on the archive; the caller closes it."""
    return _archive_sessions()
