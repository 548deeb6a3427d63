"""Places in the code that libcst gives back as places in the text that it read.

libcst (1.9) does not keep every character: a form feed before the first word of a line is lost, and so is whitespace
after the `!r` of an f-string, where formatters of Python 3.12 put a line end.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from libcst.metadata import CodePosition

_LINE_END = re.compile(r"\r\n?|\n")


def split_lines(text: str) -> list[str]:
    """The lines as Python counts them, without their ends."""
    return _LINE_END.split(text)


class Alignment:
    """The characters of the code found again in the text."""

    def __init__(self, code: str, text: str, offsets: list[int]) -> None:
        """`offsets` has the text's offset for each character of the code."""
        self._offsets = offsets
        self._code_lines = _line_starts(code)
        self._text_lines = _line_starts(text)

    def start(self, place: CodePosition) -> CodePosition:
        """Where the character at a place of the code stands."""
        return self._place(self._offsets[self._code_lines[place.line - 1] + place.column])

    def end(self, place: CodePosition) -> CodePosition:
        """Where the character before a place of the code ends."""
        return self._place(self._offsets[self._code_lines[place.line - 1] + place.column - 1] + 1)

    def _place(self, offset: int) -> CodePosition:
        line = bisect_right(self._text_lines, offset)
        return CodePosition(line, offset - self._text_lines[line - 1])


def align(code: str, text: str) -> Alignment | None:
    """The places of the code in a text that has more whitespace, None when they differ in more than that."""
    offsets: list[int] = []
    offset = 0
    for character in code:
        found = text.find(character, offset)
        if found < 0 or text[offset:found].strip():
            return None
        offsets.append(found)
        offset = found + 1
    return Alignment(code, text, offsets)


def _line_starts(text: str) -> list[int]:
    return [0, *(found.end() for found in _LINE_END.finditer(text))]
