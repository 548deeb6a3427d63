"""Which lines of a repository have changed since a revision, as Git tells it."""

from __future__ import annotations

import codecs
import os
import posixpath
import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fastapi_session_lint.files import absolute, reason
from fastapi_session_lint.findings import Finding, Span
from fastapi_session_lint.settings import InvalidSettings

_HUNK = re.compile(rb"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


class Changes(NamedTuple):
    """Ranges of changed rows by absolute path; None where the whole file is new."""

    rows: Mapping[str, tuple[range, ...] | None]

    def touch(self, finding: Finding) -> bool:
        """Whether a line of the finding, or of a step that leads to it, has changed."""
        places = [(finding.path, finding.span), *((note.path, note.span) for note in finding.trail)]
        return any(self._touch(path, span) for path, span in places)

    def _touch(self, path: str, span: Span) -> bool:
        if path not in self.rows:
            return False
        ranges = self.rows[path]
        return ranges is None or any(one.start <= span.end_row and span.row < one.stop for one in ranges)


def changes_since(revision: str, folder: str) -> Changes:
    """What the files in the repository around a folder say other than where they left the history of `revision`.

    As in a pull request, what has meanwhile changed on the other side does not count. Files that Git does not know yet
    are new. Raises InvalidSettings.
    """
    # Not --show-toplevel: that follows links, and files are known by the names that they were asked for with.
    above = os.fsdecode(_git(folder, "rev-parse", "--show-cdup").rstrip(b"\n"))
    top = absolute(posixpath.join(folder, above))
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}").strip()
    base = _merge_base(folder, os.fsdecode(commit))
    options = ("--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--src-prefix=a/")
    patch = _git(top, "-c", "core.quotePath=false", "diff", *options, "--dst-prefix=b/", base, "--")
    rows: dict[str, tuple[range, ...] | None] = {}
    for path, changed in _files(patch):
        rows[posixpath.join(top, path)] = changed
    for name in _git(top, "ls-files", "--others", "--exclude-standard", "-z").split(b"\0"):
        rows[posixpath.join(top, os.fsdecode(name))] = None
    return Changes(rows)


def _merge_base(folder: str, commit: str) -> str:
    """Where the current history left that of the commit; the commit itself where they have nothing in common."""
    try:
        return os.fsdecode(_git(folder, "merge-base", commit, "HEAD").strip())
    except InvalidSettings:
        return commit


def _git(folder: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=False)
    except OSError as error:
        raise InvalidSettings(f"git cannot be run: {reason(error)}") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        what = said[-1] if said else f"unknown revision `{arguments[-1].removesuffix('^{commit}')}`"
        raise InvalidSettings(what)
    return done.stdout


def _files(patch: bytes) -> Iterator[tuple[str, tuple[range, ...]]]:
    """The files of a patch, and the rows that it puts in."""
    path: str | None = None
    ranges: list[range] = []
    is_head = True
    for line in patch.split(b"\n"):
        if line.startswith(b"diff --git "):
            if path is not None:
                yield path, tuple(ranges)
            path, ranges, is_head = None, [], True
        elif is_head and line.startswith(b"+++ "):
            path = _path(line.removeprefix(b"+++ "))
        elif found := _HUNK.match(line):
            is_head = False
            start, count = int(found[1]), int(found[2] or 1)
            ranges.append(range(start, start + count))
    if path is not None:
        yield path, tuple(ranges)


def _path(name: bytes) -> str | None:
    """The path of a patch's header; Git ends one that has spaces with a tab, and quotes what is strange."""
    name = name.removesuffix(b"\t")
    if name.startswith(b'"'):
        name = codecs.escape_decode(name[1:-1])[0]
    return None if name == b"/dev/null" else os.fsdecode(name.removeprefix(b"b/"))
