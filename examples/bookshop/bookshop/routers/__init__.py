"""The shop's addresses."""

from . import archive, authors, books, orders, reports, reviews, stock

ROUTERS = (archive.router, authors.router, books.router, orders.router, reports.router, reviews.router, stock.router)
