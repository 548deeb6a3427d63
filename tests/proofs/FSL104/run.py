"""Each request keeps its connection, the successful ones too."""

from app import app
from observing import say, statuses

answers = statuses(app, "/books/count", 7)
say(answers if 500 in answers else "")
