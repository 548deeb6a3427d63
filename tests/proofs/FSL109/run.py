"""Nobody injects: the default itself is used as a session."""

from app import report
from observing import failure, say

say(failure(report))
