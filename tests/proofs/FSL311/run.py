"""Five requests wait for another server, which answers when a sixth one has been served, or has failed."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app import app
from fastapi.testclient import TestClient
from observing import failure, say

WAITING = 5
arrived = threading.Semaphore(0)
may_answer = threading.Event()


class Rates(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        arrived.release()
        may_answer.wait()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"1.1")

    def log_message(self, *_: object) -> None:
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Rates)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
with TestClient(app) as client:
    asking = [
        threading.Thread(target=client.get, args=("/rate",), kwargs={"params": {"url": url}}) for _ in range(WAITING)
    ]
    for one in asking:
        one.start()
    for _ in range(WAITING):
        arrived.acquire()
    say(failure(lambda: client.get("/one")))
    may_answer.set()
    for one in asking:
        one.join()
server.shutdown()
