"""What the shop reads from its environment."""

import os


class Settings:
    """Addresses of the databases; PostgreSQL is `postgresql+psycopg://host/name`, which serves sync and async."""

    database_url: str = os.getenv("BOOKSHOP_DATABASE_URL", "sqlite:///bookshop.db")
    archive_url: str = os.getenv("BOOKSHOP_ARCHIVE_URL", "sqlite:///archive.db")
    search_url: str = "sqlite://"
    page_size: int = int(os.getenv("BOOKSHOP_PAGE_SIZE", "20"))


settings = Settings()
