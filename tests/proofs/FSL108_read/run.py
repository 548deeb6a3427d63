"""Six calls, a pool of five: each read behind the block keeps a connection."""

from app import count_tables_and_indexes
from observing import failure, say

say(failure(count_tables_and_indexes, times=6))
