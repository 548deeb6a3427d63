"""What the shop reads from its environment."""

import os

SEARCH_URL = "sqlite://"
"""The search index is built anew at every start, so it needs no file."""


class Settings:
    """Addresses of the databases; PostgreSQL is `postgresql+psycopg://host/name`, which serves sync and async."""

    database_url: str = os.getenv("BOOKSHOP_DATABASE_URL", "sqlite:///bookshop.db")
    archive_url: str = os.getenv("BOOKSHOP_ARCHIVE_URL", "sqlite:///archive.db")
    page_size: int = int(os.getenv("BOOKSHOP_PAGE_SIZE", "20"))


settings = Settings()
