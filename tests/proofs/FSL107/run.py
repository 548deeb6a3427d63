"""The factory's parameter is asked of the client; a client that gives it gets no further."""

from app import app
from fastapi.testclient import TestClient
from observing import failure, say

client = TestClient(app)
answer = client.get("/one")
say([error["loc"] for error in answer.json()["detail"]] if answer.status_code == 422 else "")
say(failure(lambda: client.get("/one?local_kw=1")))
