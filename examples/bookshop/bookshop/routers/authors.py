"""Authors."""

from collections.abc import Sequence

from fastapi import APIRouter, status

from bookshop.dependencies import Authors, DbSession
from bookshop.models import Author
from bookshop.schemas import AuthorIn, AuthorOut
from bookshop.services import catalogue

router = APIRouter(prefix="/authors", tags=["authors"])


@router.get("", response_model=list[AuthorOut])
def list_authors(authors: Authors) -> Sequence[Author]:
    """All authors by name."""
    return authors.all()


@router.post("", response_model=AuthorOut, status_code=status.HTTP_201_CREATED)
def add_author(author: AuthorIn, db: DbSession) -> Author:
    """Bring in an author."""
    return catalogue.add_author(db, author)
