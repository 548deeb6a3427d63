"""FSL202: what the client gets when a dependency with yield swallows the endpoint's HTTPException."""

# fastapi 0.105.0: 404
# fastapi 0.109.2: 404
# fastapi 0.110.0: 500
# fastapi 0.117.1: 500
# fastapi 0.118.0: 500
# newest: 500

from collections.abc import Iterator

from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient

app = FastAPI()


def dependency() -> Iterator[None]:
    try:  # noqa: SIM105
        yield
    except Exception:
        pass


@app.get("/")
def endpoint(_: None = Depends(dependency)) -> None:
    raise HTTPException(404)


print(TestClient(app, raise_server_exceptions=False).get("/").status_code)
