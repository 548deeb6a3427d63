"""Six calls, a pool of five: nobody gives a connection back."""

from app import count_books
from observing import failure, say

say(failure(count_books, times=6))
