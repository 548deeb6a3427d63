"""The application: `uvicorn bookshop.main:app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from bookshop import search
from bookshop.archive import ArchiveBase, archive_engine
from bookshop.database import Base, async_engine, catalogue_sessions, engine
from bookshop.errors import ShopError
from bookshop.repositories import list_books
from bookshop.routers import ROUTERS


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Make the tables and the search index before the first request; give all connections back after the last."""
    Base.metadata.create_all(engine)
    ArchiveBase.metadata.create_all(archive_engine)
    with catalogue_sessions() as db:
        search.build_index(list_books(db))
    yield
    await async_engine.dispose()
    engine.dispose()


app = FastAPI(title="Bookshop", lifespan=lifespan)
for router in ROUTERS:
    app.include_router(router)


@app.exception_handler(ShopError)
async def tell_customer(_request: Request, error: ShopError) -> JSONResponse:
    """The answer to an error of the shop."""
    return JSONResponse({"detail": str(error)}, error.status)


@app.get("/health")
async def health() -> dict[str, str]:
    """Whether the shop is open."""
    return {"status": "open"}
