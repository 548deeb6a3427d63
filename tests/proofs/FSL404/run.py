"""The engine is made, and its first connection fails."""

from app import ping
from observing import failure, say

say(failure(ping).partition(";")[0])
