from fastapi.testclient import TestClient
from shop import app, get_name


def test_fake_name() -> None:
    app.dependency_overrides[get_name] = lambda: "fake"
    assert TestClient(app).get("/name").json() == "fake"
