"""The models are imported with warnings turned on."""

import warnings

from observing import say

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import app

assert app.Book.__tablename__ == "books"
for one in caught:
    say(f"{one.category.__name__}: {str(one.message).partition(' (deprecated')[0]}")
