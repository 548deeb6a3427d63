import os
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


async def lines(count: int) -> AsyncIterator[str]:
    for _ in range(count):
        yield "line\n"


@app.get("/lines")
async def give_lines(session: AsyncSession = Depends(get_session)) -> StreamingResponse:
    count = await session.scalar(text("select 100"))
    return StreamingResponse(lines(count))
