"""Authors and books come into the shop."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bookshop.errors import Duplicate, NotFound
from bookshop.models import Author, Book
from bookshop.schemas import AuthorIn, BookIn


def add_author(db: Session, author: AuthorIn) -> Author:
    """Store a new author."""
    row = Author(name=author.name)
    db.add(row)
    try:
        db.commit()
    except IntegrityError as error:
        db.rollback()
        raise Duplicate(f"{author.name} is known already") from error
    return row


def add_book(db: Session, book: BookIn) -> Book:
    """Store a new book of a known author."""
    if db.get(Author, book.author_id) is None:
        raise NotFound(f"there is no author {book.author_id}")
    row = Book(**book.model_dump())
    try:
        db.add(row)
        db.commit()
    except IntegrityError as error:
        db.rollback()
        raise Duplicate(f"{book.isbn} is in the catalogue already") from error
    return row


def change_price(db: Session, book_id: int, price_cents: int) -> Book:
    """Give a book another price."""
    book = db.get(Book, book_id)
    if book is None:
        raise NotFound(f"there is no book {book_id}")
    book.price_cents = price_cents
    db.commit()
    return book
