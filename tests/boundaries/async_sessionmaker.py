"""FSL405: whether there is an async_sessionmaker."""

# sqlalchemy 1.4.54: missing
# sqlalchemy 2.0.0: there
# newest: there

import sqlalchemy.ext.asyncio

print("there" if hasattr(sqlalchemy.ext.asyncio, "async_sessionmaker") else "missing")
