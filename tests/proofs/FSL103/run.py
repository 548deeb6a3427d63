"""Requests for what is not there: after five of them the server is at its end."""

from app import app
from observing import say, statuses

answers = statuses(app, "/books/1", 7)
say(answers if 500 in answers else "")
