import os
from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI, WebSocket
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=5, max_overflow=0, pool_timeout=0.1)
new_session = async_sessionmaker(engine, expire_on_commit=False)
app = FastAPI()


async def get_session() -> AsyncIterator[AsyncSession]:
    async with new_session() as session:
        yield session


@app.websocket("/one")
async def one(websocket: WebSocket, session: AsyncSession = Depends(get_session)) -> None:
    await websocket.accept()
    async for _ in websocket.iter_text():
        found = await session.scalar(text("select 1"))
        await session.rollback()
        await websocket.send_json(found)
