"""What sells best."""

from collections.abc import Sequence

from sqlalchemy import func, select

from bookshop import database
from bookshop.models import Book, OrderLine


class Bestsellers:
    """The list in the shop window."""

    def __init__(self, length: int = 10) -> None:
        self.length = length
        self.db = database.catalogue_sessions()  # expect: FSL304

    def titles(self) -> Sequence[str]:
        """The titles, the best first."""
        sold = func.sum(OrderLine.quantity)
        wanted = select(Book.title).join(OrderLine, OrderLine.book_id == Book.id).group_by(Book.id)
        return self.db.scalars(wanted.order_by(sold.desc()).limit(self.length)).all()
