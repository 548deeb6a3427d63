"""The route alone works; behind the other dependency it does not."""

from app import Base, SessionLocal, add_visit, app, engine, last_visit
from observing import failure, say, statuses

Base.metadata.create_all(engine)
(answer,) = statuses(app, "/visits", 1, "POST")
say("" if answer == 200 else f"{answer} instead of 200")


def visit() -> None:
    """What a request does, with one session for both."""
    with SessionLocal() as db:
        add_visit(last_visit(db), db)


say(failure(visit))
