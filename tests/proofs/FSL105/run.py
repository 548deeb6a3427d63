"""The generator is finalised at once, so close() comes before the first use, and nothing comes after it."""

from app import SessionLocal, count_books
from observing import failure, say
from sqlalchemy import event
from sqlalchemy.orm import Session

events = []
close = Session.close
SessionLocal.class_.close = lambda self: (events.append("closed"), close(self))[1]
event.listen(SessionLocal, "after_begin", lambda *_: events.append("used"))
count_books()
say(events if events[-1] == "used" else "")
say(failure(count_books, times=5))
