"""A health check is asked."""

from app import is_alive
from observing import failure, say

say(failure(is_alive))
