"""The book is stored, and the session that stored it knows nothing of it any more."""

import re

from app import Base, engine, store
from observing import failure, say

Base.metadata.create_all(engine)
say(re.sub(r"<Book at 0x[0-9a-f]+>", "<Book>", failure(lambda: store("Emma"))))
