"""The session cannot be opened; the log names a variable of ours instead of the table that is not there."""

from app import count_tables
from observing import failure, say

error = failure(count_tables, times=1)
say(error if error.startswith("UnboundLocalError") else "")
