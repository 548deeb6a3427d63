"""Whether any other file may take a name from one file, by the texts alone: none of them is parsed for it.

Where it may is told too often rather than too seldom. A name is looked for as plain bytes, and what stands around it
is read only there: one search for whole words in all files of a large project takes longer than all else that is done
about a changed file.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence

from fastapi_session_lint import vocabulary
from fastapi_session_lint.source import Source

_LIST = re.compile(rb"(?:[\w\s,(\\]|#[^\n]*\n)*")
"""What stands between `import` and one of the names that are imported."""
_MODULE = re.compile(rb"(?:[ \t]|\\\r?\n)*(\.*(?:[ \t]|\\\r?\n)*[\w.]*)(?:[ \t]|\\\r?\n)*")
_EVERYTHING = re.compile(rb"import[\s\\]*\*")
_NEAR = 60
_FAR = 2000
"""So many bytes before a name are looked through for the statement that it belongs to."""


class Others:
    """All files of a project but one, as they are written."""

    def __init__(self, source: Source, sources: Sequence[Source], parts: Callable[[], frozenset[str]]) -> None:
        """`source` is the one as it is now, and one of `sources`; `parts` gives what files and folders are called."""
        self.source = source
        self.sources = sources
        self._parts = parts

    def may_take(self, name: str) -> bool:
        """Whether any may take a name from the one file: by an import, as an attribute, by a text, or all at once."""
        word = name.encode()
        return any(one is not self.source and word in one.data and self._takes(word, one.data) for one in self.sources)

    def are_foreign(self, module: str) -> bool:
        """Whether no part of a dotted name is what a file or folder of the project is called, and a library has it."""
        return module.partition(".")[0] in vocabulary.EXTERNAL_TOPS and self._parts().isdisjoint(module.split("."))

    def _takes(self, word: bytes, data: bytes) -> bool:
        starts = list(_starts(word, data))
        if any(self._takes_at(start, data) for start in starts):
            return True
        return bool(starts) and self._is_starred and _EVERYTHING.search(data) is not None

    def _takes_at(self, start: int, data: bytes) -> bool:
        """Whether a word that stands somewhere is a name that is taken from the one file."""
        before = data[max(start - _NEAR, 0) : start]
        if before[-1:] in (b'"', b"'", b"/", b":") or before.rstrip(b" \t\r\n\\").endswith(b"."):
            return True
        end = _last(b"import", data, start)
        if end is None:
            return start > _FAR and _LIST.fullmatch(data, start - _FAR, start) is not None
        if not _is_listed(data, end + len(b"import"), start):
            return False
        module = _source(data, end)
        return module is not None and self._may_be(module)

    @functools.cached_property
    def _is_starred(self) -> bool:
        """Whether any file may import everything from the one; whoever imports everything from that has it, too."""
        stars = (_source(other.data, one.start()) for other in self.sources for one in _EVERYTHING.finditer(other.data))
        return any(module is not None and self._may_be(module) for module in stars)

    def _may_be(self, module: bytes) -> bool:
        """Whether a module, as an import names it, may be the one file; a package may be imported by another name."""
        name = self.source.path.rpartition("/")[2].removesuffix(".py")
        if name == "__init__":
            return module.startswith(b".") or not self.are_foreign(module.decode())
        return module.rpartition(b".")[2].strip(b" \t\r\n\\") == name.encode()


def _starts(word: bytes, data: bytes) -> Iterator[int]:
    """Where a word stands alone."""
    start = data.find(word)
    while start >= 0:
        if not _is_of_word(data[start - 1 : start]) and not _is_of_word(
            data[start + len(word) : start + len(word) + 1]
        ):
            yield start
        start = data.find(word, start + 1)


def _last(word: bytes, data: bytes, end: int) -> int | None:
    """Where a word stands alone for the last time before a point, and not far from it."""
    first = max(end - _FAR, 0)
    start = data.rfind(word, first, end)
    while start >= 0:
        if not _is_of_word(data[start - 1 : start]) and not _is_of_word(
            data[start + len(word) : start + len(word) + 1]
        ):
            return start
        start = data.rfind(word, first, start)
    return None


def _is_of_word(letter: bytes) -> bool:
    return letter.isalnum() or letter == b"_" or letter >= b"\x80"


def _is_listed(data: bytes, end: int, start: int) -> bool:
    """Whether a name that stands somewhere belongs to the imports after whose `import` another point is."""
    if _LIST.fullmatch(data, end, start) is None:
        return False
    between = data[end:start]
    row = between.partition(b"\n")[0]
    return b"(" in row or b"\n" not in between.replace(b"\\\n", b"").replace(b"\\\r\n", b"")


def _source(data: bytes, end: int) -> bytes | None:
    """What the statement imports from whose `import` stands at a point; None for one without `from`."""
    start = _last(b"from", data, end)
    found = None if start is None else _MODULE.fullmatch(data, start + len(b"from"), end)
    return None if found is None else found[1]
