"""A search index that is built from the catalogue at every start and lives in memory only."""

from collections.abc import Iterable

from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker

from bookshop.models import Book
from bookshop.settings import SEARCH_URL

_index_engine = create_engine(SEARCH_URL)  # expect: FSL502
_index_sessions = sessionmaker(_index_engine)


def build_index(books: Iterable[Book]) -> None:
    """Fill the index with the words of all titles."""
    with _index_sessions.begin() as index:
        index.execute(text("create table if not exists words (word text, book_id integer)"))
        for book in books:
            for word in book.title.lower().split():
                index.execute(text("insert into words values (:word, :id)"), {"word": word, "id": book.id})


def find_books(word: str) -> list[int]:
    """Which books have the word in their titles."""
    with _index_sessions() as index:
        found = index.scalars(text("select distinct book_id from words where word = :word"), {"word": word.lower()})
        return list(found)
