"""Orders."""

from fastapi import APIRouter, status

from bookshop.dependencies import AsyncDbSession
from bookshop.models import Order
from bookshop.schemas import OrderIn, OrderOut
from bookshop.services import orders

router = APIRouter(prefix="/orders", tags=["orders"])


@router.post("", response_model=OrderOut, status_code=status.HTTP_201_CREATED)
async def place_order(order: OrderIn, session: AsyncDbSession) -> Order:
    """Buy books."""
    return await orders.place_order(session, order)


@router.get("/{order_id}", response_model=OrderOut)
async def show_order(order_id: int, session: AsyncDbSession) -> Order:
    """One order."""
    return await orders.find_order(session, order_id)


@router.get("/{order_id}/total")
async def show_total(order_id: int, session: AsyncDbSession) -> int:
    """What an order costs without tax."""
    return await orders.total_cents(session, order_id)
