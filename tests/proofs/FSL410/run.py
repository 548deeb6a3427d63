"""While a report is read, somebody else's request waits, although it needs no database."""

import asyncio

import httpx
from app import app, engine
from observing import SlowQueries, say

queries = SlowQueries(engine)


async def main() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        report = asyncio.create_task(client.get("/report"))
        while "the query begins" not in queries.events:
            await asyncio.sleep(0.01)
        await client.get("/ping")
        queries.happened("the other request is answered")
        await report


asyncio.run(main())
stood_still = queries.events.index("the query ends") < queries.events.index("the other request is answered")
say("\n".join(queries.events) if stood_still else "")
