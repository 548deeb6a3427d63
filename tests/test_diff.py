"""What fixes change, as a unified diff."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from fastapi_session_lint.report.diff import render

LINES = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"    return\n", b"\r\n"]), max_size=30)


def diff(old: bytes, new: bytes) -> bytes:
    return b"".join(render({"/project/app.py": (old, new)}, "/project"))


def expected(old: bytes, new: bytes) -> Iterator[bytes]:
    """What Python's own function gives, which counts nothing as junk in so few lines."""
    lines = [io.BytesIO(text).readlines() for text in (old, new)]
    for line in difflib.diff_bytes(difflib.unified_diff, *lines, b"app.py", b"app.py", lineterm=b"\n"):
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


@given(LINES, LINES, st.booleans(), st.booleans())
def test_short_texts(old: list[bytes], new: list[bytes], is_open: bool, is_new_open: bool) -> None:
    before = b"".join(old) + b"end" * is_open
    after = b"".join(new) + b"end" * is_new_open
    assert diff(before, after) == b"".join(expected(before, after))


def test_no_line_that_stays_is_shown_as_changed_however_frequent_it_is() -> None:
    part = "def job{0}():\n    db = SessionLocal()\n    work(db)\n\n\n"
    old = "".join(part.format(number) for number in range(100))
    new = old.replace("    work(db)\n\n\ndef job50", "    work(db)\n    db.close()\n\n\ndef job50")
    assert diff(old.encode(), new.encode()).decode() == (
        "--- app.py\n+++ app.py\n@@ -246,6 +246,7 @@\n"
        " def job49():\n     db = SessionLocal()\n     work(db)\n+    db.close()\n \n \n def job50():\n"
    )
