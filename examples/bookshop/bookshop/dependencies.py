"""Who gives a route its session, and who closes it."""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bookshop.archive import open_archive
from bookshop.database import async_sessions, catalogue_sessions
from bookshop.repositories import AuthorRepository, BookRepository

logger = logging.getLogger(__name__)


def get_db() -> Iterator[Session]:
    """A sync session for one request."""
    with catalogue_sessions() as db:
        yield db


async def get_async_db() -> AsyncIterator[AsyncSession]:
    """An async session for one request."""
    async with async_sessions() as session:
        yield session


async def get_moderation_db() -> AsyncIterator[AsyncSession]:
    """An async session for one request of a moderator; what goes wrong is logged."""
    async with async_sessions() as session:
        try:
            yield session
        except Exception:  # expect: FSL202
            await session.rollback()
            logger.exception("moderation failed")


def get_archive() -> Iterator[Session]:
    """A session on the archive for one request."""
    archive = open_archive()
    yield archive  # expect: FSL103
    archive.close()


def get_authors() -> AuthorRepository:
    """The authors, for one request."""
    return AuthorRepository(catalogue_sessions())  # expect: FSL104


DbSession = Annotated[Session, Depends(get_db)]
AsyncDbSession = Annotated[AsyncSession, Depends(get_async_db)]
ModerationSession = Annotated[AsyncSession, Depends(get_moderation_db)]
ArchiveSession = Annotated[Session, Depends(get_archive)]
Authors = Annotated[AuthorRepository, Depends(get_authors)]


def get_books(db: DbSession) -> Iterator[BookRepository]:
    """The books, for one request; `get_db` closes the session."""
    yield BookRepository(db)


Books = Annotated[BookRepository, Depends(get_books)]
