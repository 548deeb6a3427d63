import asyncio
import os

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"])
app = FastAPI()


async def find_tables() -> int | None:
    async with engine.connect() as connection:
        return await connection.scalar(text("select count(*) from pg_tables"))


@app.get("/tables/count")
def count_tables() -> int | None:
    return asyncio.run(find_tables())
