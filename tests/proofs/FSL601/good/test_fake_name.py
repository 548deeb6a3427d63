import pytest
from fastapi.testclient import TestClient
from shop import app, get_name


def test_fake_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.dependency_overrides, get_name, lambda: "fake")
    assert TestClient(app).get("/name").json() == "fake"
