"""An async engine refuses a sync driver when it is made."""

import asyncio

from app import ping
from observing import failure, say

say(failure(lambda: asyncio.run(ping())))
