"""The manager has been made, and that is all: there is no session."""

from app import one
from observing import failure, say

say(failure(one))
