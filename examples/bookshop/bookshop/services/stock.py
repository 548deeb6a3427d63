"""Copies come in, are counted and go out."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bookshop.errors import NotFound
from bookshop.models import Book, OrderLine


def receive(db: Session, book_id: int, quantity: int) -> int:
    """Put new copies on the shelf; gives how many there are now."""
    found = db.execute(update(Book).where(Book.id == book_id).values(stock=Book.stock + quantity))
    if found.rowcount == 0:
        raise NotFound(f"there is no book {book_id}")
    db.commit()
    return db.scalar(select(Book.stock).where(Book.id == book_id)) or 0


def count_copies(db: Session) -> int:
    """How many copies are on the shelves."""
    return db.scalar(select(func.coalesce(func.sum(Book.stock), 0))) or 0


def count_unsold(db: Session) -> int:
    """How many titles nobody ever bought."""
    sold = select(OrderLine.book_id)
    return db.scalar(select(func.count()).select_from(Book).where(Book.id.not_in(sold))) or 0
