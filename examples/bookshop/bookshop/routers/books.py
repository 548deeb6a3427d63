"""The catalogue."""

from collections.abc import Sequence

from fastapi import APIRouter, status

from bookshop import search
from bookshop.dependencies import Books, DbSession
from bookshop.errors import NotFound
from bookshop.models import Book
from bookshop.schemas import BookIn, BookOut, ImportReport
from bookshop.services import catalogue, imports, tax
from bookshop.services.bestsellers import Bestsellers
from bookshop.settings import settings

router = APIRouter(prefix="/books", tags=["books"])
bestsellers = Bestsellers()


@router.get("", response_model=list[BookOut])
def list_books(books: Books, page: int = 0) -> Sequence[Book]:
    """A page of the catalogue."""
    return books.page(page * settings.page_size, settings.page_size)


@router.get("/bestsellers")
def list_bestsellers() -> list[str]:
    """What sells best."""
    return list(bestsellers.titles())


@router.get("/search")
def search_books(word: str) -> list[int]:
    """Which books have a word in their titles."""
    return search.find_books(word)


@router.get("/{book_id}", response_model=BookOut)
def show_book(book_id: int, books: Books) -> Book:
    """One book."""
    book = books.find(book_id)
    if book is None:
        raise NotFound(f"there is no book {book_id}")
    return book


@router.get("/{book_id}/price")
def show_price(book_id: int, country: str, books: Books) -> int:
    """What a book costs in a country."""
    return tax.with_tax(show_book(book_id, books).price_cents, country)


@router.post("", response_model=BookOut, status_code=status.HTTP_201_CREATED)
def add_book(book: BookIn, db: DbSession) -> Book:
    """Bring in a book."""
    return catalogue.add_book(db, book)


@router.put("/{book_id}/price", response_model=BookOut)
def change_price(book_id: int, price_cents: int, db: DbSession) -> Book:
    """Give a book another price."""
    return catalogue.change_price(db, book_id, price_cents)


@router.post("/import")
def import_books(books: list[BookIn], db: DbSession, keep_going: bool = False) -> ImportReport:
    """Bring in many books, all or nothing or each by itself."""
    return imports.import_stream(db, books) if keep_going else imports.import_list(db, books)
