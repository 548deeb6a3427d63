"""What fixes change, as a unified diff: for programs to the byte, for people in colours."""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Mapping, Sequence

from fastapi_session_lint.report.base import shown_path
from fastapi_session_lint.report.display import Palette, visible

Changes = Mapping[str, tuple[bytes, bytes]]
"""The old and the new bytes of the changed files, by path."""

_AROUND = 3
_LONG = 5_000
"""Of so many lines those that are everywhere have to be passed over, or a comparison takes seconds."""
_OPEN_END = b"\n\\ No newline at end of file\n"
_STYLES = {b"---": "bold", b"+++": "bold", b"@@ ": "fixable"}


def render(changes: Changes, folder: str) -> Iterator[bytes]:
    """The lines of the diff, each in its file's own encoding and with its own line end, as `patch -p0` takes them."""
    for path, (old, new) in sorted(changes.items()):
        name = shown_path(path, folder).encode(errors="surrogateescape")
        yield from (
            line if line.endswith(b"\n") else line + _OPEN_END for line in _unified(_lines(old), _lines(new), name)
        )


def _unified(old: Sequence[bytes], new: Sequence[bytes], name: bytes) -> Iterator[bytes]:
    """As difflib.unified_diff has it, which in a file of over 200 lines takes frequent ones for no guide at all."""
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(new) > _LONG)
    for number, group in enumerate(matcher.get_grouped_opcodes(_AROUND)):
        if not number:
            yield b"--- %b\n" % name
            yield b"+++ %b\n" % name
        (_, first, _, start, _), (_, _, last, _, end) = group[0], group[-1]
        yield b"@@ -%b +%b @@\n" % (_range(first, last), _range(start, end))
        for tag, above, below, upper, lower in group:
            if tag == "equal":
                yield from (b" " + line for line in old[above:below])
            else:
                yield from (b"-" + line for line in old[above:below])
                yield from (b"+" + line for line in new[upper:lower])


def _range(start: int, stop: int) -> bytes:
    """Lines as the head of a hunk counts them: from 1, and nothing as what comes after a line."""
    count = stop - start
    return b"%d" % (start + 1) if count == 1 else b"%d,%d" % (start + bool(count), count)


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
