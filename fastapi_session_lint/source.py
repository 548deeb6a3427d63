"""A Python file as bytes and as text, exact to the byte."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from dataclasses import dataclass

_DECLARATION = re.compile(rb"^[ \t\f]*#.*?coding[:=]", re.MULTILINE)
_NO_LINE_ENDS = "\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Where str.splitlines ends a line, and Python does not."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class UndecodableSource(Exception):
    """The bytes are not what their encoding declaration, or UTF-8, says; the message says why in one line."""


class UnparsableSource(Exception):
    """No parser can read the text; `row` (1-based) and `column` (0-based) say where."""

    def __init__(self, message: str, row: int, column: int) -> None:
        """`message` is one line."""
        super().__init__(message)
        self.row = row
        self.column = column


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the project. `path` is absolute, with forward slashes, and names it everywhere.

    `problem` says in one line why the file could not be read; `data` is empty then.
    """

    path: str
    data: bytes
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """A decoded source; `encode` gives back the very bytes that it was made from when nothing is changed."""

    text: str
    encoding: str
    has_bom: bool

    def encode(self, text: str | None = None) -> bytes:
        """The bytes of `text` (of this text when None) in this file's encoding, its byte order mark kept.

        Raises UnicodeEncodeError when the encoding has no form for a new character.
        """
        body = (self.text if text is None else text).encode(self.encoding)
        return codecs.BOM_UTF8 + body if self.has_bom else body


def decode(data: bytes) -> Text:
    """The text of a source, by its byte order mark or its declaration; line endings stay as they are.

    https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations

    Raises UndecodableSource.
    """
    has_bom = data.startswith(codecs.BOM_UTF8)
    try:
        declared, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        encoding = "utf-8" if declared == "utf-8-sig" else declared
        return Text(data[len(codecs.BOM_UTF8) if has_bom else 0 :].decode(encoding), encoding, has_bom)
    except SyntaxError as error:
        raise UndecodableSource(_why(data, str(error.msg))) from error
    except UnicodeDecodeError as error:
        raise UndecodableSource(f"not valid {error.encoding} at byte {error.start}") from error


def _why(data: bytes, message: str) -> str:
    """Why no encoding was found: an unknown one is declared, or a bad byte stands where a declaration might."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if not _DECLARATION.search(b"\n".join(data.splitlines()[:2])):
            return f"not valid utf-8 at byte {error.start}"
    return message


def split_lines(text: str) -> list[str]:
    """The lines as Python counts them, endings kept: a form feed or U+2028 ends none, unlike in str.splitlines."""
    if any(one in text for one in _NO_LINE_ENDS):
        return _LINE.findall(text)
    return text.splitlines(keepends=True)
