"""What goes over the wire."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class FromRow(BaseModel):
    """An answer that is read from a row's attributes."""

    model_config = ConfigDict(from_attributes=True)


class AuthorIn(BaseModel):
    """A new author."""

    name: str = Field(min_length=1, max_length=200)


class AuthorOut(FromRow):
    """An author."""

    id: int
    name: str


class BookIn(BaseModel):
    """A new book."""

    isbn: str = Field(min_length=10, max_length=13)
    title: str
    price_cents: int = Field(ge=0)
    stock: int = Field(default=0, ge=0)
    author_id: int


class BookOut(FromRow):
    """A book as the shop window shows it."""

    id: int
    isbn: str
    title: str
    price_cents: int
    stock: int
    author: AuthorOut


class ImportReport(BaseModel):
    """How an import of many books went."""

    added: int
    skipped: list[str]


class LineIn(BaseModel):
    """A title to buy."""

    book_id: int
    quantity: int = Field(ge=1)


class OrderIn(BaseModel):
    """A new order."""

    customer: str
    country: str = Field(min_length=2, max_length=2)
    lines: list[LineIn] = Field(min_length=1)


class LineOut(FromRow):
    """A title that was bought."""

    book_id: int
    quantity: int
    price_cents: int


class OrderOut(FromRow):
    """An order with its lines."""

    id: int
    customer: str
    country: str
    placed_at: datetime
    lines: list[LineOut]


class ReviewIn(BaseModel):
    """A new review."""

    reader: str
    stars: int = Field(ge=1, le=5)
    text: str = ""


class ReviewOut(FromRow):
    """A review."""

    id: int
    book_id: int
    reader: str
    stars: int
    text: str
