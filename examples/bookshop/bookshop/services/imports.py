"""Many books at once, from a publisher's list."""

from collections.abc import Iterable

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bookshop.models import Book
from bookshop.repositories import save
from bookshop.schemas import BookIn, ImportReport


def import_list(db: Session, books: Iterable[BookIn]) -> ImportReport:
    """Store what is new, all or nothing; a savepoint keeps a known ISBN from spoiling the rest."""
    report = ImportReport(added=0, skipped=[])
    for book in books:
        try:
            with db.begin_nested():
                db.add(Book(**book.model_dump()))
        except IntegrityError:
            report.skipped.append(book.isbn)
        else:
            report.added += 1
    db.commit()
    return report


def import_stream(db: Session, books: Iterable[BookIn]) -> ImportReport:
    """Store each book as it comes, and skip those that the shop has already."""
    report = ImportReport(added=0, skipped=[])
    for book in books:
        try:
            save(db, Book(**book.model_dump()))  # expect: FSL201
        except IntegrityError:
            report.skipped.append(book.isbn)
        else:
            report.added += 1
    return report
