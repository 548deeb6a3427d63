"""FastAPI takes the manager for the generator that it hides: the endpoint is not reached."""

from app import app
from fastapi.testclient import TestClient
from observing import failure, say

say(failure(lambda: TestClient(app).get("/one")))
