"""A few authors and books to look at: `python -m bookshop.seed`."""

from bookshop.database import Base, engine
from bookshop.dependencies import get_db
from bookshop.models import Author, Book, TaxRate

AUTHORS = {
    "Ursula K. Le Guin": [("9780441478125", "The Left Hand of Darkness", 1199)],
    "Italo Calvino": [("9780156453806", "Invisible Cities", 1450), ("9780156439619", "If on a Winter's Night", 1390)],
    "Stanisław Lem": [("9780156027601", "Solaris", 1250)],
}
TAX_RATES = {"DE": 7, "FR": 5, "PL": 5}


def seed() -> int:
    """Store the authors, their books and the tax rates; gives how many books there are now."""
    Base.metadata.create_all(engine)
    db = next(get_db())  # expect: FSL105
    for name, titles in AUTHORS.items():
        books = [Book(isbn=isbn, title=title, price_cents=cents, stock=5) for isbn, title, cents in titles]
        db.add(Author(name=name, books=books))
    db.add_all(TaxRate(country=country, percent=percent) for country, percent in TAX_RATES.items())
    db.commit()
    return db.query(Book).count()


if __name__ == "__main__":
    print(f"{seed()} books are in the shop")
