"""Text made fit for a terminal: nothing in it can move the cursor, and its width is known."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

TAB = "    "
_HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Yellow cannot be read on a light ground: a warning is magenta, as in clang.
_STYLES = {
    "bold": "1",
    "error": "1;31",
    "warning": "1;35",
    "info": "1;36",
    "gutter": "1;34",
    "note": "1;36",
    "help": "1;32",
    "fixable": "36",
    "added": "32",
    "removed": "31",
}


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours and hyperlinks, or none of them."""

    has_colors: bool
    has_links: bool = False

    def paint(self, style: str, text: str) -> str:
        """The text in a style: bold, a severity, gutter, note, help, fixable, added or removed."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.has_colors and text else text

    def link(self, url: str, text: str) -> str:
        """The text as a link where terminals have them: https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda."""
        return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\" if self.has_links and url else text


def visible(text: str) -> str:
    """The text with its tabs as spaces and whatever would disturb a terminal, or hide code, written out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == "\t":
        return TAB
    if unicodedata.category(character) in _HIDDEN or character in _BIDIRECTIONAL:
        return character.encode("unicode_escape").decode("ascii")
    return character


def width(text: str) -> int:
    """The columns that a visible text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrapped(text: str, columns: int | None, indent: str = "  ") -> str:
    """The text in lines of at most so many columns, the later ones indented; as it is when columns is None."""
    if columns is None or width(text) <= columns:
        return text
    import textwrap  # late: a report for programs wraps nothing

    lines = textwrap.wrap(
        text, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
    return "\n".join(lines)
