"""Whether any other file may take a name from one file, by the texts alone: none of them is parsed for it.

Where it may is told too often rather than too seldom. A name is looked for as plain bytes, and what stands around it
is read only there: one search for whole words in all files of a large project takes longer than all else that is done
about a changed file.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Callable, Iterator, Sequence

from fastapi_session_lint import vocabulary
from fastapi_session_lint.source import Source

_ASKED = re.compile(rb"""(?:\.(?:[\s\\]|#[^\n]*\n)*|["'/:])\Z""")
"""What stands before a name that is an attribute, or a part of a text that names one."""
_LIST = re.compile(rb"(?:[\w\s,(\\]|#[^\n]*\n)*")
"""What stands between `import` and one of the names that are imported."""
_SPACE = rb"(?:[ \t\f]|\\\r?\n)*"
_MODULE = re.compile(_SPACE + rb"(\.*" + _SPACE + rb"[\w.]*)" + _SPACE)
_EVERYTHING = re.compile(rb"import[\s\\]*\*")
_NEAR = 200
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
        """Whether any may take a name from the one file: by an import, as an attribute, by a text, or all at once.

        A name beyond ASCII may be spelt in more than one way, and be other bytes in each file.
        """
        word = name.encode()
        return not name.isascii() or any(
            one is not self.source and word in one.data and self._takes(word, one.data) for one in self.sources
        )

    def are_foreign(self, module: str) -> bool:
        """Whether no part of a dotted name is what a file or folder of the project is called, and a library has it."""
        return module.partition(".")[0] in vocabulary.EXTERNAL_TOPS and self._parts().isdisjoint(module.split("."))

    def _takes(self, word: bytes, data: bytes) -> bool:
        data = data.removeprefix(codecs.BOM_UTF8)
        starts = list(_starts(word, data))
        if any(self._takes_at(start, data) for start in starts):
            return True
        return bool(starts) and _EVERYTHING.search(data) is not None and self._is_starred

    def _takes_at(self, start: int, data: bytes) -> bool:
        """Whether a word that stands somewhere is a name that is taken from the one file."""
        if _ASKED.search(data, max(start - _NEAR, 0), start):
            return True
        modules = [_source(data, end) for end in _before(b"import", data, start) if _is_listed(data, end, start)]
        if not modules:  # a list may be so long that its `import` is out of sight
            return start > _FAR and _LIST.fullmatch(data, start - _FAR, start) is not None
        return any(module is not None and self._may_be(module) for module in modules)

    @functools.cached_property
    def _is_starred(self) -> bool:
        """Whether any file may import everything from the one; whoever imports everything from that has it, too."""
        texts = (other.data.removeprefix(codecs.BOM_UTF8) for other in self.sources)
        stars = (_source(data, one.start()) for data in texts for one in _EVERYTHING.finditer(data))
        return any(module is not None and self._may_be(module) for module in stars)

    def _may_be(self, module: bytes) -> bool:
        """Whether a module, as an import names it, may be the one file; a package may be imported by another name."""
        name = self.source.path.rpartition("/")[2].removesuffix(".py")
        if name == "__init__":
            return module.startswith(b".") or not self.are_foreign(module.decode())
        return module.rpartition(b".")[2].strip(b" \t\f\r\n\\") == name.encode()


def _starts(word: bytes, data: bytes) -> Iterator[int]:
    """Where a word stands alone."""
    start = data.find(word)
    while start >= 0:
        if _is_alone(start, word, data):
            yield start
        start = data.find(word, start + 1)


def _before(word: bytes, data: bytes, end: int) -> Iterator[int]:
    """Where a word stands alone not far before a point, the nearest first."""
    first = max(end - _FAR, 0)
    start = data.rfind(word, first, end)
    while start >= 0:
        if _is_alone(start, word, data):
            yield start
        start = data.rfind(word, first, start)


def _is_alone(start: int, word: bytes, data: bytes) -> bool:
    after = start + len(word)
    return not _is_of_word(data[start - 1 : start]) and not _is_of_word(data[after : after + 1])


def _is_of_word(letter: bytes) -> bool:
    return letter.isalnum() or letter == b"_" or letter >= b"\x80"


def _is_listed(data: bytes, end: int, start: int) -> bool:
    """Whether a name that stands somewhere may belong to what the `import` at another point imports."""
    end += len(b"import")
    if _LIST.fullmatch(data, end, start) is None:
        return False
    between = data[end:start]
    return b"(" in between or b"\n" not in between.replace(b"\\\n", b"").replace(b"\\\r\n", b"")


def _source(data: bytes, end: int) -> bytes | None:
    """What the statement imports from whose `import` stands at a point; None for one without `from`."""
    start = next(_before(b"from", data, end), None)
    found = None if start is None else _MODULE.fullmatch(data, start + len(b"from"), end)
    return None if found is None else found[1]
