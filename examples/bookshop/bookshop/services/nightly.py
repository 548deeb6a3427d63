"""Work that is done while the shop is closed."""

import csv
from pathlib import Path

from bookshop.database import catalogue_sessions, new_session
from bookshop.repositories import list_books
from bookshop.services.stock import count_copies, count_unsold


def count_dead_stock() -> int:
    """How many titles could make room for others."""
    db = new_session()  # expect: FSL101
    return count_unsold(db)


def export_prices(target: Path) -> int:
    """Write the price list for the printer; gives how many titles are on it."""
    db = catalogue_sessions()  # expect: FSL102
    books = list_books(db)
    with target.open("w", newline="") as file:
        csv.writer(file).writerows((book.isbn, book.title, book.price_cents) for book in books)
    db.close()
    return len(books)


def take_inventory() -> int:
    """How many copies there are."""
    db = catalogue_sessions()
    try:
        return count_copies(db)
    finally:
        db.close()
