"""Figures for the owner of the shop."""

from fastapi import APIRouter
from sqlalchemy import func, select

from bookshop.dependencies import AsyncDbSession, DbSession
from bookshop.models import Order, OrderLine

router = APIRouter(prefix="/reports", tags=["reports"])


@router.get("/revenue")
async def revenue(country: str, db: DbSession) -> dict[str, int]:
    """What was sold to a country, and in how many orders."""
    lines = select(func.sum(OrderLine.quantity * OrderLine.price_cents)).join(Order, Order.id == OrderLine.order_id)
    cents = db.scalar(lines.where(Order.country == country))  # expect: FSL401
    orders = db.scalar(select(func.count()).select_from(Order).where(Order.country == country))
    return {"cents": cents or 0, "orders": orders or 0}


@router.get("/customers")
async def customers(session: AsyncDbSession) -> list[str]:
    """Who ever bought something."""
    found = await session.scalars(select(Order.customer).distinct().order_by(Order.customer))
    return list(found)
