"""Orders of earlier years."""

from fastapi import APIRouter
from sqlalchemy import func, select

from bookshop.archive import ArchivedOrder
from bookshop.dependencies import ArchiveSession

router = APIRouter(prefix="/archive", tags=["archive"])


@router.get("/orders/{customer}/total")
def archived_total(customer: str, archive: ArchiveSession) -> int:
    """What a customer spent in earlier years."""
    spent = select(func.coalesce(func.sum(ArchivedOrder.total_cents), 0))
    return archive.scalar(spent.where(ArchivedOrder.customer == customer)) or 0
