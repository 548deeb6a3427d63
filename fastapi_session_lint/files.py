"""One file at a time: its name, its bytes, and putting new bytes in their place."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH100, PTH101, PTH103, PTH105, PTH108, PTH116, PTH120, PTH123

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

from fastapi_session_lint.source import Source


class MissingPath(Exception):
    """No file or folder is at a path that was asked for; the message is one line for the user."""


class ChangedMeanwhile(OSError):
    """A file is no longer what was checked, so it was not overwritten."""


def absolute(path: str) -> str:
    """The path as it is named everywhere: absolute, with forward slashes, links not followed."""
    full = os.path.abspath(path)
    return full if os.sep == "/" else full.replace(os.sep, "/")


def is_pipe(path: str) -> bool:
    """Whether a named pipe stands at a path, which gives nothing until somebody writes into it.

    A link to one is what a shell makes of `<(…)`, and somebody writes there.
    """
    try:
        return stat.S_ISFIFO(os.lstat(path).st_mode)
    except OSError:
        return False


def read(path: str) -> Source:
    """The file as a source; one that cannot be read says so in its `problem`, as it may be gone by now."""
    try:
        with open(path, "rb") as stream:
            return Source(path, stream.read())
    except FileNotFoundError:
        return Source(path, b"", "the file is gone")
    except OSError as error:
        return Source(path, b"", reason(error))


def reason(error: OSError) -> str:
    """Why the operating system refused, in a few words."""
    return (error.strerror or str(error) or type(error).__name__).lower()


def write(path: str, data: bytes) -> None:
    """Write a file of our own, with the folders that it needs; a device or a pipe is written to. Raises OSError."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path, "wb") as stream:
        stream.write(data)


def replace(path: str, old: bytes, new: bytes) -> None:
    """Put `new` where `old` was, whole or not at all; the mode is kept, and a link's target is what changes.

    Of two runs that replace one file at once the later one finds it changed, and loses nothing of the first. Raises
    ChangedMeanwhile when the file is not `old` any more, and OSError; nothing is left behind then.
    """
    target = os.path.realpath(path)
    status = os.stat(target)
    if not status.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise PermissionError(0, "the file is read-only")
    temporary = _write_beside(target, new, status)
    try:
        with _alone_in(os.path.dirname(target)):
            _hold_to(target, old)
            os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def _hold_to(path: str, data: bytes) -> None:
    """Raises ChangedMeanwhile when a file is not these bytes any more."""
    with open(path, "rb") as stream:
        if stream.read() != data:
            raise ChangedMeanwhile(0, "the file was changed while it was being checked")


@contextlib.contextmanager
def _alone_in(folder: str) -> Iterator[None]:
    """Keep other runs from replacing files in a folder; they wait. Windows has no such lock, and goes without.

    The folder itself is locked, since a file that is replaced takes its lock with it.
    """
    if os.name == "nt":
        yield
        return
    import fcntl  # Windows has none

    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network file systems know no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write_beside(target: str, data: bytes, status: os.stat_result) -> str:
    """A temporary file in the target's folder, with its mode and owner, safely on the disk."""
    import tempfile  # only a run that changes files should wait for this import

    folder, name = os.path.split(target)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        _keep_owner(temporary, status)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _keep_owner(path: str, status: os.stat_result) -> None:
    """Give the file its old owner where that can be done; only root can, so a refusal is no error."""
    if hasattr(os, "chown") and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        try:
            os.chown(path, status.st_uid, status.st_gid)
        except OSError:
            return
