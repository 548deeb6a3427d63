"""A health check is asked."""

from app import app
from fastapi.testclient import TestClient
from observing import failure, say

with TestClient(app) as client:
    say(failure(lambda: client.get("/health").json()))
