"""FSL110: what Depends makes of a function under contextmanager: injects the manager, or sees the generator behind."""

# fastapi 0.121.0: _GeneratorContextManager
# fastapi 0.123.4: _GeneratorContextManager
# fastapi 0.123.5: AttributeError
# newest: TypeError

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


@contextmanager
def dependency() -> Iterator[str]:
    yield "session"


@app.get("/")
def endpoint(value: object = Depends(dependency)) -> str:
    return type(value).__name__


try:
    print(TestClient(app).get("/").json())
except Exception as error:
    print(type(error).__name__)
