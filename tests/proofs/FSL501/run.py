"""A connection that one thread opened is taken out of the pool by another, as requests do."""

import threading

from app import count_books
from observing import failure, say

errors: list[str] = []
is_over = threading.Event()


def first() -> None:
    errors.append(failure(count_books))
    second.start()
    # Whoever comes after a thread that has ended may get its number, and SQLite compares numbers.
    is_over.wait(10)


def last() -> None:
    errors.append(failure(count_books))
    is_over.set()


second = threading.Thread(target=last)
thread = threading.Thread(target=first)
thread.start()
thread.join()
say(next((one.partition(". The object")[0] for one in errors if one), ""))
