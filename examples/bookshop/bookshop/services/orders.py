"""Customers buy books."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from bookshop.errors import NotFound, SoldOut
from bookshop.models import Book, Order, OrderLine
from bookshop.schemas import LineIn, OrderIn


async def _take(session: AsyncSession, line: LineIn) -> OrderLine:
    """Take copies off the shelf, if there are enough."""
    left = update(Book).where(Book.id == line.book_id, Book.stock >= line.quantity)
    taken = await session.execute(left.values(stock=Book.stock - line.quantity))
    if taken.rowcount == 0:
        raise SoldOut(f"there are not {line.quantity} copies of book {line.book_id}")
    price = await session.scalar(select(Book.price_cents).where(Book.id == line.book_id))
    return OrderLine(book_id=line.book_id, quantity=line.quantity, price_cents=price or 0)


async def place_order(session: AsyncSession, order: OrderIn) -> Order:
    """Store an order and take its copies off the shelf, or do neither."""
    try:
        lines = [await _take(session, line) for line in order.lines]
        row = Order(customer=order.customer, country=order.country, lines=lines)
        session.add(row)
        await session.commit()
    except Exception:
        await session.rollback()
        raise
    return row


async def find_order(session: AsyncSession, order_id: int) -> Order:
    """An order with its lines."""
    order = await session.get(Order, order_id, options=[selectinload(Order.lines)])
    if order is None:
        raise NotFound(f"there is no order {order_id}")
    return order


async def total_cents(session: AsyncSession, order_id: int) -> int:
    """What an order costs without tax."""
    order = await find_order(session, order_id)
    return sum(line.quantity * line.price_cents for line in order.lines)
