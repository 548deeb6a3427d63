"""The rows are stored, but neither their keys nor the objects can be read; without a response model nothing is sent."""

from app import Base, add_user, app, engine
from fastapi.testclient import TestClient
from observing import failure, say

Base.metadata.create_all(engine)
say(failure(lambda: add_user("Emma")).partition(" at 0x")[0])
say(failure(lambda: TestClient(app).post("/users/Ada")).partition(":")[0])
answer = TestClient(app).put("/users/Ida").json()
say(answer == {} and "an answer without values")
