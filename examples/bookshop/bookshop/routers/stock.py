"""What is on the shelves."""

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

from bookshop.dependencies import DbSession
from bookshop.services import nightly, stock

router = APIRouter(prefix="/stock", tags=["stock"])


@router.get("")
def count_copies(db: DbSession) -> int:
    """How many copies are on the shelves."""
    return stock.count_copies(db)


@router.get("/unsold")
async def count_unsold(db: DbSession) -> int:
    """How many titles nobody ever bought."""
    return await run_in_threadpool(stock.count_unsold, db)


@router.get("/dead")
def count_dead_stock() -> int:
    """How many titles could make room for others."""
    return nightly.count_dead_stock()


@router.post("/{book_id}")
async def receive_copies(book_id: int, quantity: int, db: DbSession) -> int:
    """Put new copies on the shelf."""
    return stock.receive(db, book_id, quantity)  # expect: FSL410
