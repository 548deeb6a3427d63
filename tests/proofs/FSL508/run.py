"""An app whose engine may open one connection, `pool_size=1`, has more than one open after a request of each kind."""

from app import app
from observing import OpenConnections, say, statuses

connections = OpenConnections()
statuses(app, "/tables/count", 1)
statuses(app, "/reports/count", 1)
say(f"{connections.count} connections" if connections.count > 1 else "")
