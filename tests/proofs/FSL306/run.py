"""Each task opens the closed session again; the sixth finds no connection in a pool of five."""

from app import app
from fastapi.testclient import TestClient
from observing import failure, say

client = TestClient(app)
say(failure(lambda: client.get("/pages/home"), times=6))
