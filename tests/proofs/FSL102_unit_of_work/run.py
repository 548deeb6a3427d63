"""One user is added, then six times again: the commit at the end of the block fails, and the close is past it."""

from app import Base, add_user, engine
from observing import failure, say

Base.metadata.create_all(engine)
add_user("ada")
again = [failure(lambda: add_user("ada")) for _ in range(6)]
say(next((one for one in again if not one.startswith("IntegrityError")), ""))
