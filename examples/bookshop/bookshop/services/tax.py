"""Value-added tax, which hardly ever changes."""

from sqlalchemy import select

from bookshop.database import new_session
from bookshop.models import TaxRate

_rates = new_session()  # expect: FSL301


def with_tax(cents: int, country: str) -> int:
    """A price with the tax of a country; a country that is not known has none."""
    percent = _rates.scalar(select(TaxRate.percent).where(TaxRate.country == country)) or 0
    return cents + cents * percent // 100
