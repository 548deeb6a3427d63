from fastapi.testclient import TestClient
from shop import app


def test_name() -> None:
    assert TestClient(app).get("/name").json() == "real"
