"""Connections that are open after twelve requests, one after the other, each of which has closed its session."""

from app import app
from observing import OpenConnections, say, statuses

connections = OpenConnections()
statuses(app, "/tables/count", 12)
say(f"{connections.count} connections" if connections.count > 1 else "")
