"""The thread of a request finds a database of its own, without tables."""

from app import app
from fastapi.testclient import TestClient
from observing import failure, say

with TestClient(app) as client:
    say(failure(lambda: client.get("/books/count")))
