"""Readers say what they think of books, and moderators of reviews."""

import logging
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bookshop.errors import Duplicate, NotFound
from bookshop.models import Book, Review, Vote
from bookshop.schemas import ReviewIn

logger = logging.getLogger(__name__)


async def list_reviews(session: AsyncSession, book_id: int) -> Sequence[Review]:
    """The reviews of a book, the best first."""
    found = await session.scalars(select(Review).where(Review.book_id == book_id).order_by(Review.stars.desc()))
    return found.all()


async def add_review(session: AsyncSession, book_id: int, review: ReviewIn) -> Review:
    """Store a reader's only review of a book."""
    if await session.get(Book, book_id) is None:
        raise NotFound(f"there is no book {book_id}")
    row = Review(book_id=book_id, **review.model_dump())
    session.add(row)
    try:
        await session.commit()
    except IntegrityError as error:
        await session.rollback()
        raise Duplicate(f"{review.reader} has reviewed this book already") from error
    return row


async def vote(session: AsyncSession, review_id: int, reader: str) -> int:
    """Note that a reader found a review helpful; gives how many did."""
    session.add(Vote(review_id=review_id, reader=reader))
    try:
        await session.commit()  # expect: FSL201
    except IntegrityError:
        logger.info("%s has voted for review %s before", reader, review_id)
    return await session.scalar(select(func.count()).select_from(Vote).where(Vote.review_id == review_id)) or 0


async def remove_review(session: AsyncSession, review_id: int) -> None:
    """Delete a review that breaks the rules."""
    review = await session.get(Review, review_id)
    if review is None:
        raise NotFound(f"there is no review {review_id}")
    session.delete(review)  # expect: FSL402
    await session.commit()


async def restore_review(session: AsyncSession, book_id: int, review: ReviewIn) -> Review:
    """Bring a review back that was deleted by mistake."""
    row = Review(book_id=book_id, **review.model_dump())
    await session.add(row)  # expect: FSL408
    await session.commit()
    return row
