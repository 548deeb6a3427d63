"""Reviews."""

from collections.abc import Sequence

from fastapi import APIRouter, status

from bookshop.dependencies import AsyncDbSession, ModerationSession
from bookshop.models import Review
from bookshop.schemas import ReviewIn, ReviewOut
from bookshop.services import reviews

router = APIRouter(tags=["reviews"])


@router.get("/books/{book_id}/reviews", response_model=list[ReviewOut])
async def list_reviews(book_id: int, session: AsyncDbSession) -> Sequence[Review]:
    """The reviews of a book."""
    return await reviews.list_reviews(session, book_id)


@router.post("/books/{book_id}/reviews", response_model=ReviewOut, status_code=status.HTTP_201_CREATED)
async def add_review(book_id: int, review: ReviewIn, session: AsyncDbSession) -> Review:
    """Review a book."""
    return await reviews.add_review(session, book_id, review)


@router.post("/reviews/{review_id}/votes")
async def vote(review_id: int, reader: str, session: AsyncDbSession) -> int:
    """Say that a review was helpful."""
    return await reviews.vote(session, review_id, reader)


@router.delete("/reviews/{review_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_review(review_id: int, session: ModerationSession) -> None:
    """Delete a review that breaks the rules."""
    await reviews.remove_review(session, review_id)


@router.post("/books/{book_id}/reviews/restored", response_model=ReviewOut)
async def restore_review(book_id: int, review: ReviewIn, session: ModerationSession) -> Review:
    """Bring a deleted review back."""
    return await reviews.restore_review(session, book_id, review)
