"""The generator is used up by the first request; all later ones fail."""

from app import app
from fastapi.testclient import TestClient
from observing import failure, say, statuses

answers = statuses(app, "/one", 3)
if answers != [200, 200, 200]:
    with TestClient(app) as client:
        say(f"{answers}: {failure(lambda: client.get('/one'))}")
