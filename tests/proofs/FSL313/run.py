"""The registry keeps the session of each request, and each session its connection: the sixth request gets none."""

from app import app, db_session
from fastapi.testclient import TestClient
from observing import failure, say, statuses

refused = [one for one in statuses(app, "/one", 10) if one != 200]
if refused:
    with TestClient(app) as client:
        say(f"{len(refused)} of 10 requests: {failure(lambda: client.get('/one'))}")
kept = len(db_session.registry.registry)
say(f"{kept} sessions are kept" if kept else "")
