"""The files that tell a folder's releases: beside its modules, and in each folder up to the top of the repository."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH113, PTH123, PTH202

from __future__ import annotations

import codecs
import os
import posixpath
import re
from collections.abc import Callable, Collection, Iterator

from fastapi_session_lint.manifests import formats
from fastapi_session_lint.manifests.choice import Folder, settled
from fastapi_session_lint.manifests.demands import CONCERNS, Demand
from fastapi_session_lint.versions import Versions

_KINDS: tuple[tuple[re.Pattern[str], formats.Format], ...] = (
    (re.compile(r"(uv|poetry|pdm)\.lock|pylock(\.[^.]+)?\.toml"), formats.lock),
    (re.compile(r"Pipfile\.lock"), formats.pipfile_lock),
    (re.compile(r"pyproject\.toml"), formats.pyproject),
    (re.compile(r"requirements\.txt"), formats.requirements),
    (re.compile(r"Pipfile"), formats.pipfile),
    (re.compile(r"setup\.cfg"), formats.setup_cfg),
    (re.compile(r"setup\.py"), formats.setup_py),
    (re.compile(r"environment\.ya?ml"), formats.environment),
    (re.compile(r"\.python-version"), formats.python_version),
    (re.compile(r"(?!.*(dev|test|doc|lint))([\w.-]*requirements|constraints)[\w.-]*\.(txt|in)"), formats.requirements),
    (re.compile(r"[\w.-]*(requirements|constraints)[\w.-]*\.(txt|in)"), formats.requirements),
)
"""The kinds of files; the earlier counts more where two are equally exact."""
_FOLDER = "requirements"
_IN_FOLDER = re.compile(r"\w[\w.-]*\.(txt|in)")
_FOR_DEVELOPERS = re.compile(r"dev|test|doc|lint")
_LARGEST = 32 * 1024 * 1024


class Manifests:
    """What the files of each folder say, read once."""

    def __init__(self, names: Callable[[str], Collection[str]]) -> None:
        """`names` gives the names of what is in a folder."""
        self._names = names
        self._folders: dict[str, Folder] = {}
        self._versions: dict[str, Versions] = {}

    def of(self, folder: str, top: str) -> Versions:
        """The releases that hold for the files in a folder; nothing outside of `top` is looked at."""
        if folder not in self._versions:
            said = [found for one in _upward(folder, top) if (found := self._said(one, top))]
            self._versions[folder] = settled(said) if said else Versions()
        return self._versions[folder]

    def _said(self, folder: str, top: str) -> Folder:
        """What each file of a folder asks; files that ask nothing are left out."""
        if folder not in self._folders:
            asked = [list(_read(path, kind, top, set())) for path, kind in self._files(folder)]
            self._folders[folder] = [one for one in asked if one]
        return self._folders[folder]

    def _files(self, folder: str) -> Iterator[tuple[str, formats.Format]]:
        names = sorted(self._names(folder))
        taken = set()
        for pattern, kind in _KINDS:
            for name in names:
                if name not in taken and pattern.fullmatch(name):
                    taken.add(name)
                    yield posixpath.join(folder, name), kind
        if _FOLDER in names:
            inside = filter(_IN_FOLDER.fullmatch, self._names(posixpath.join(folder, _FOLDER)))
            for name in sorted(inside, key=lambda one: (bool(_FOR_DEVELOPERS.search(one)), one)):
                yield posixpath.join(folder, _FOLDER, name), formats.requirements


def _upward(folder: str, top: str) -> Iterator[str]:
    """The folder and those above it, up to the top; none where it does not lie in there."""
    while _lies_in(folder, top):
        yield folder
        if folder == posixpath.dirname(folder):
            return
        folder = posixpath.dirname(folder)


def _lies_in(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")


def _read(path: str, kind: formats.Format, top: str, seen: set[str]) -> Iterator[Demand]:
    """What a file asks, with the requirements files that it includes."""
    if path in seen:
        return
    seen.add(path)
    text = _text(path, top)
    if CONCERNS.search(text):
        yield from kind(text)
    if kind is formats.requirements:
        for name in formats.includes(text):
            yield from _read(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)), kind, top, seen)


def _text(path: str, top: str) -> str:
    """A file's text; empty where it cannot be read, is no plain file, or lies outside by a link."""
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST:
            return ""
        if not _lies_in(_real(path), _real(top)):
            return ""
        with open(path, "rb") as stream:
            return _decoded(stream.read())
    except (OSError, ValueError):
        return ""


def _real(path: str) -> str:
    return os.path.realpath(path).replace(os.sep, "/")


def _decoded(data: bytes) -> str:
    """The text as pip reads it. Windows PowerShell writes UTF-16 when the output of `pip freeze` is redirected."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")
