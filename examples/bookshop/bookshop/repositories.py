"""Rows by what they are, on a session that somebody else opens and closes."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from bookshop.database import Base
from bookshop.models import Author, Book


def save(db: Session, row: Base) -> None:
    """Store a row at once."""
    db.add(row)
    db.commit()
    db.refresh(row)


def list_books(db: Session, offset: int = 0, limit: int | None = None) -> Sequence[Book]:
    """Books by title, each with its author."""
    wanted = select(Book).options(joinedload(Book.author)).order_by(Book.title).offset(offset).limit(limit)
    return db.scalars(wanted).all()


class AuthorRepository:
    """The authors."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def all(self) -> Sequence[Author]:
        """All authors by name."""
        return self.session.scalars(select(Author).order_by(Author.name)).all()


class BookRepository:
    """The books."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def page(self, offset: int, limit: int) -> Sequence[Book]:
        """Books by title, from `offset` on."""
        return list_books(self.session, offset, limit)

    def find(self, book_id: int) -> Book | None:
        """One book with its author."""
        return self.session.get(Book, book_id, options=[joinedload(Book.author)])
