"""One commit of a labelled repository as files: its Python and configuration, read out of a clone and kept."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

_WANTED = (".py", ".pyi", ".toml", ".cfg", ".ini", ".txt", ".lock", ".gitignore")
_DONE = ".unpacked"


def unpack(mirror: Path, repo: str, commit: str, work: Path) -> Path | None:
    """The folder that holds the files of one commit, written the first time; None where the clone or commit is absent.

    Only regular files with a wanted ending are written. A blob that the clone lacks is left out.
    """
    target = work / f"{repo.replace('/', '+')}@{commit[:10]}"
    if (target / _DONE).exists():
        return target
    clone = _clone(mirror, repo)
    wanted = _wanted_files(clone, commit)
    if wanted is None:
        return None
    for path, content in _contents(clone, wanted):
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    target.mkdir(parents=True, exist_ok=True)
    (target / _DONE).touch()
    return target


def _clone(mirror: Path, repo: str) -> Path:
    """Where the repository's git data is: DIR/OWNER+NAME/repo when that is a git directory, else DIR/OWNER+NAME."""
    folder = mirror / repo.replace("/", "+")
    bare = folder / "repo"
    return bare if (bare / "HEAD").is_file() or (bare / ".git").exists() else folder


def _git(clone: Path, *arguments: str, request: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run git in a clone; a partial clone must not fetch what it lacks."""
    command = ["git", "-C", str(clone), *arguments]
    environment = os.environ | {"GIT_NO_LAZY_FETCH": "1"}
    return subprocess.run(command, input=request, capture_output=True, env=environment, check=False)


def _wanted_files(clone: Path, commit: str) -> list[tuple[str, str]] | None:
    """The blob and path of each file to write, None when git cannot list the commit."""
    if not clone.is_dir():
        return None
    listing = _git(clone, "ls-tree", "-rz", commit)
    if listing.returncode:
        return None
    entries = [os.fsdecode(entry).partition("\t") for entry in listing.stdout.split(b"\0") if entry]
    return [(head.split()[2], path) for head, _, path in entries if path.endswith(_WANTED) and head.startswith("100")]


def _contents(clone: Path, wanted: list[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    """The path and content of each blob that is there, in one call of git."""
    request = "".join(f"{blob}\n" for blob, _ in wanted).encode()
    reply = _git(clone, "cat-file", "--batch", request=request).stdout
    at = 0
    for _, path in wanted:
        end = reply.index(b"\n", at)
        header = reply[at:end].split()
        at = end + 1
        if header[-1] == b"missing":
            continue
        size = int(header[2])
        yield path, reply[at : at + size]
        at += size + 1
