"""The client asks for what is not there and is told that the server broke."""

from app import app
from observing import say, statuses

(answer,) = statuses(app, "/books/1", 1)
say("" if answer == 404 else f"{answer} instead of 404")
