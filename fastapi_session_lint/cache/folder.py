"""The folder of a cache: checked entries that are written whole or not at all, and old ones swept away.

    .fsl_cache/CACHEDIR.TAG             tells backups to leave it out: https://bford.info/cachedir/
    .fsl_cache/.gitignore
    .fsl_cache/<version>/<kind>/<key>   one entry: its checksum, then its content; <key>-<any> where it is in parts

Processes share it without locks, as an entry never changes and appears by a rename. Whatever goes wrong makes a run
slower and nothing else: an entry that is not what was written is none, and one that cannot be written is left out.
"""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH103, PTH105, PTH108, PTH112, PTH114, PTH123, PTH208

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import re
from dataclasses import dataclass

from fastapi_session_lint import __version__

NAME = ".fsl_cache"
TAG = "CACHEDIR.TAG"
_TAG_TEXT = b"""Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of fastapi-session-lint (fsl); it may be deleted at any time.
"""
_IGNORE_TEXT = b"# made by fsl\n*\n"
_VERSION = re.compile(r"\d+(\.\d+)+[\w.+-]*")
_KEY = re.compile(r"[0-9a-f]{32}(-[0-9a-f]+)?(\.tmp\d+)?")
_CHECKSUM_SIZE = 16
_MOST = {"runs": 64, "files": 256, "records": 64, "components": 512, "models": 20_000, "fixes": 2_000}
"""How many entries of a kind are kept; when there are more, the older half goes."""


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of entries, which need not exist."""

    folder: str

    def has(self, kind: str) -> bool:
        """Whether anything of a kind was ever written."""
        return os.path.isdir(posixpath.join(self.folder, __version__, kind))

    def read(self, kind: str, key: str) -> bytes | None:
        """The content that was written under a key; None when there is none, or it is damaged."""
        try:
            with open(self._path(kind, key), "rb") as stream:
                data = stream.read()
        except OSError:
            return None
        content = data[_CHECKSUM_SIZE:]
        return content if data[:_CHECKSUM_SIZE] == _checksum(content) else None

    def parts(self, kind: str, key: str) -> list[bytes]:
        """The contents of the entries that several processes have written, each under the key and a name of its own."""
        try:
            names = sorted(os.listdir(posixpath.join(self.folder, __version__, kind)))
        except OSError:
            return []
        found = [self.read(kind, name) for name in names if name.startswith(f"{key}-") and _KEY.fullmatch(name)]
        return [one for one in found if one is not None]

    def write(self, kind: str, key: str, content: bytes) -> None:
        """Keep the content, if the disk allows it. The folder is made when it is first needed."""
        path = self._path(kind, key)
        with contextlib.suppress(OSError):
            if self._is_ready(posixpath.dirname(path)):
                _put(path, _checksum(content) + content)

    def thin(self, kind: str, key: str, most: int) -> None:
        """Keep no more than the newest of the entries under a key and names of their own."""
        with contextlib.suppress(OSError):
            _thin(posixpath.join(self.folder, __version__, kind), most, f"{key}-")

    def trim(self) -> None:
        """Drop the older half of the entries of each kind of which there are too many."""
        for kind, most in _MOST.items():
            with contextlib.suppress(OSError):
                _trim(posixpath.join(self.folder, __version__, kind), most)

    def _path(self, kind: str, key: str) -> str:
        return posixpath.join(self.folder, __version__, kind, key)

    def _is_ready(self, folder: str) -> bool:
        """Whether entries can be put into a folder of this cache; it is made when it is missing. Raises OSError."""
        version = posixpath.dirname(folder)
        if any(os.path.islink(one) for one in (self.folder, version, folder)):
            return False  # a link that came with a checkout leads anywhere
        if not os.path.isdir(folder):
            is_new = not os.path.isdir(version)
            os.makedirs(folder, exist_ok=True)
            if is_new:
                _mark(self.folder)
                _sweep(self.folder)
        return True


@dataclass(frozen=True, slots=True)
class Caching:
    """Whether a run uses caches, and where they lie: in `folder`, or where each project wants it when it is None."""

    is_on: bool = False
    folder: str | None = None

    def of(self, root: str, configured: str | None = None) -> Cache | None:
        """The cache for a project, if there is to be one; `configured` is the folder that its settings name."""
        if not self.is_on:
            return None
        return Cache(self.folder or configured or posixpath.join(root, NAME))


def delete(folder: str) -> bool:
    """Delete a cache with all that is in it, and tell whether there was one. Raises OSError.

    A folder that does not carry our mark is left alone, and so is a link.
    """
    if os.path.islink(folder) or not _is_ours(folder):
        return False
    import shutil  # late: most runs delete nothing

    shutil.rmtree(folder)
    return True


def _is_ours(folder: str) -> bool:
    try:
        with open(posixpath.join(folder, TAG), "rb") as stream:
            return stream.read(len(_TAG_TEXT) + 1) == _TAG_TEXT
    except OSError:
        return False


def _checksum(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_CHECKSUM_SIZE).digest()


def _put(path: str, data: bytes) -> None:
    """The data at the path, by way of a file beside it. Raises OSError; nothing is left behind then."""
    temporary = f"{path}.tmp{os.getpid()}"
    try:
        with open(temporary, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _mark(folder: str) -> None:
    for name, text in ((TAG, _TAG_TEXT), (".gitignore", _IGNORE_TEXT)):
        path = posixpath.join(folder, name)
        if not os.path.lexists(path):
            _put(path, text)


def _sweep(folder: str) -> None:
    """Delete what other versions of the tool have left."""
    with os.scandir(folder) as entries:
        for entry in entries:
            is_version = entry.name != __version__ and _VERSION.fullmatch(entry.name)
            if is_version and entry.is_dir(follow_symlinks=False):
                import shutil  # late, for the same reason

                shutil.rmtree(entry.path, ignore_errors=True)


def _trim(folder: str, most: int) -> None:
    found = _oldest_first(folder)
    for entry in found[: len(found) - most // 2] if len(found) > most else ():
        os.unlink(entry.path)


def _thin(folder: str, most: int, prefix: str) -> None:
    for entry in _oldest_first(folder, prefix)[:-most]:
        os.unlink(entry.path)


def _oldest_first(folder: str, prefix: str = "") -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.name.startswith(prefix) and _KEY.fullmatch(entry.name)]
    return sorted(found, key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns)
