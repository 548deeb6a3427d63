"""A static analyser for the life of SQLAlchemy sessions in FastAPI projects."""

__version__ = "0.1.0"
