"""The application starts, and each of its requests fails."""

from app import app, read_answer
from observing import failure, say, statuses

(answer,) = statuses(app, "/answer", 1)
say("" if answer == 200 else f"{answer} instead of 200")
say(failure(read_answer))
