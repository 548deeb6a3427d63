"""What fixes change, as a unified diff: for programs to the byte, for people in colours."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Mapping

from fastapi_session_lint.report.base import shown_path
from fastapi_session_lint.report.display import Palette, visible

Changes = Mapping[str, tuple[bytes, bytes]]
"""The old and the new bytes of the changed files, by path."""

_OPEN_END = b"\n\\ No newline at end of file\n"
_STYLES = {b"---": "bold", b"+++": "bold", b"@@ ": "fixable"}


def render(changes: Changes, folder: str) -> Iterator[bytes]:
    """The lines of the diff, each in its file's own encoding and with its own line end, as `patch -p0` takes them."""
    for path, (old, new) in sorted(changes.items()):
        name = shown_path(path, folder).encode(errors="surrogateescape")
        lines = difflib.diff_bytes(difflib.unified_diff, _lines(old), _lines(new), name, name, lineterm=b"\n")
        yield from (line if line.endswith(b"\n") else line + _OPEN_END for line in lines)


def render_colored(changes: Changes, folder: str) -> Iterator[str]:
    """The same for a terminal: nothing in it can move the cursor, and what is no UTF-8 is written out."""
    palette = Palette(has_colors=True)
    for line in render(changes, folder):
        style = _STYLES.get(line[:3]) or {b"+": "added", b"-": "removed"}.get(line[:1])
        for text in line.decode(errors="backslashreplace").removesuffix("\n").split("\n"):
            shown = visible(text.removesuffix("\r"))
            yield (palette.paint(style, shown) if style else shown) + "\n"


def _lines(data: bytes) -> list[bytes]:
    """The lines as `diff` and `patch` count them: a carriage return or a form feed ends none."""
    return io.BytesIO(data).readlines()
