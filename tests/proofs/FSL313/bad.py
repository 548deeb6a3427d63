import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from uuid import uuid4

from fastapi import FastAPI, Request, Response
from sqlalchemy import QueuePool, create_engine, text
from sqlalchemy.orm import scoped_session, sessionmaker

engine = create_engine(
    os.environ["DATABASE_URL"], poolclass=QueuePool, pool_size=5, max_overflow=0, pool_timeout=0.1
)
request_id: ContextVar[str] = ContextVar("request_id")
db_session = scoped_session(sessionmaker(engine), scopefunc=request_id.get)
app = FastAPI()


@app.middleware("http")
async def begin_request(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    request_id.set(str(uuid4()))
    return await call_next(request)


@app.get("/one")
def one() -> int | None:
    return db_session.scalar(text("select 1"))
