# database: postgresql+asyncpg
"""The second request finds the connection of the first, whose event loop is gone."""

from app import app
from fastapi.testclient import TestClient
from observing import say


def symptom() -> str:
    """What the second request fails with; the message names tasks by their addresses."""
    with TestClient(app) as client:
        client.get("/tables/count")
        try:
            client.get("/tables/count")
        except Exception as error:
            text = str(error)
            known = ("attached to a different loop", "Event loop is closed")
            return f"{type(error).__name__}: {next((one for one in known if one in text), text)}"
    return ""


say(symptom())
