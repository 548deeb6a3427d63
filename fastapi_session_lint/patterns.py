"""Gitignore-like patterns: those of a folder, those that a configuration anchors, and whether one names a path."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from fastapi_session_lint.settings import Settings

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

EVERYWHERE = ""
"""The folder of patterns that are anchored: they name paths from the root of the file system."""
_MARKS = frozenset("*?[]!#/\\")
_ODD = frozenset("\\!^")
"""What Git and `fnmatch` read differently."""
_SPECIAL = re.compile(r"[*?\[\]!#\\]")


class Lines:
    """The lines of a gitignore file, of which only those are compiled that may name what is asked about.

    A pattern names a path by naming it or a folder above it, so one whose last part fits none of the path's parts says
    nothing of it. Most lines of most files are of this kind, and to compile a pattern takes many times as long
    as to match it.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """`lines` are those that are neither blank nor comments."""
        self._lines = list(lines)
        self._always: list[int] = []
        self._by_name: dict[str, list[int]] = {}
        self._by_shape: list[int] = []
        self._specs: dict[tuple[int, ...], GitIgnoreSpec] = {}
        self._plain = {number: plain for number, one in enumerate(self._lines) if (plain := _plain(one)) is not None}
        shapes: list[str] = []
        for number, line in enumerate(self._lines):
            last = line.removeprefix("!").removesuffix("/").rpartition("/")[2]
            if line != line.strip():
                self._always.append(number)
            elif is_name(last):
                self._by_name.setdefault(last, []).append(number)
            elif last == "**" or not _ODD.isdisjoint(last):
                self._always.append(number)
            else:
                self._by_shape.append(number)
                shapes.append(fnmatch.translate(last))
        self._has_shape = re.compile("|".join(shapes)).match if shapes else None

    def include(self, path: str) -> bool | None:
        """Whether the lines name a relative path, that of a folder ending in a slash; None where they do not say."""
        wanted = set(self._always)
        for part in path.split("/"):
            wanted.update(self._by_name.get(part, ()))
            if self._has_shape is not None and self._has_shape(part):
                wanted.update(self._by_shape)
        if self._plain.keys() >= wanted:
            return True if any(self._plain[number].fits(path) for number in wanted) else None
        return self._spec(tuple(sorted(wanted))).check_file(path).include

    def _spec(self, numbers: tuple[int, ...]) -> GitIgnoreSpec:
        if numbers not in self._specs:
            from pathspec import GitIgnoreSpec  # many folders have no patterns at all

            self._specs[numbers] = _compiled(GitIgnoreSpec, [self._lines[number] for number in numbers])
        return self._specs[numbers]


class _Plain(NamedTuple):
    """A line of names that takes nothing back, which needs no library: its names, and what slashes say of it."""

    parts: tuple[str, ...]
    is_anchored: bool
    is_folder: bool

    def fits(self, path: str) -> bool:
        """Whether it names a relative path, or a folder on the way there."""
        *folders, last = path.split("/")  # what ends in a slash has an empty last part
        there = folders if self.is_folder or not last else [*folders, last]
        if self.is_anchored:
            return tuple(there[: len(self.parts)]) == self.parts
        return self.parts[0] in there


def _plain(line: str) -> _Plain | None:
    """A line as plain names; None where it has anything else."""
    body = line.removeprefix("/").removesuffix("/")
    names = tuple(body.split("/"))
    if line != line.strip() or not all(is_name(one) and one not in ("", ".", "..") for one in names):
        return None
    return _Plain(names, line.startswith("/") or len(names) > 1, line.endswith("/"))


class Patterns(NamedTuple):
    """Gitignore patterns that are relative to a folder, and those of the folders around it."""

    folder: str
    lines: Lines
    outer: Patterns | None = None


def is_name(pattern: str) -> bool:
    """Whether a pattern is a plain name, which needs no matching."""
    return _MARKS.isdisjoint(pattern)


def anchored(pattern: str, folder: str) -> str:
    """The pattern as one from the root of the file system, when it is meant for what lies below a folder.

    As in a .gitignore file there, one without a slash before its end names things at any depth.
    """
    negation, body = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    body = body.removeprefix("./")
    depth = "/" if "/" in body.rstrip("/") or pattern.startswith(f"{negation}./") else "/**/"
    start = _SPECIAL.sub(r"\\\g<0>", folder.strip("/"))
    return f"{negation}/{start}{depth}{body.lstrip('/')}" if start else f"{negation}{depth}{body.lstrip('/')}"


def matches(found: Patterns | None, path: str, is_folder: bool) -> bool:
    """Whether the patterns name the path; as in Git those of the nearest folder decide."""
    while found is not None:
        folder = found.folder.rstrip("/") + "/" if found.folder != EVERYWHERE else ""
        if path.startswith(folder):
            relative = path[len(folder) :].lstrip("/") + ("/" if is_folder else "")
            include = found.lines.include(relative)
            if include is not None:
                return include
        found = found.outer
    return False


def patterns(lines: Iterable[str], folder: str, outer: Patterns | None) -> Patterns | None:
    """The patterns of the lines, around which `outer` lie; `outer` itself when there are none."""
    wanted = [line for line in lines if line.strip() and not line.startswith("#")]
    return Patterns(folder, Lines(wanted), outer) if wanted else outer


def _compiled(spec: type[GitIgnoreSpec], lines: list[str]) -> GitIgnoreSpec:
    """The lines as patterns; Git skips a line that is none, and so do we."""
    try:
        return spec.from_lines(lines)
    except ValueError:
        return spec.from_lines(line for line in lines if _is_pattern(spec, line))


def _is_pattern(spec: type[GitIgnoreSpec], line: str) -> bool:
    try:
        spec.from_lines([line])
    except ValueError:
        return False
    return True


def ignored(settings: Settings, paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The codes and prefixes that per-file-ignores leave out in each of the files that they name."""
    found: dict[str, tuple[str, ...]] = {}
    if settings.per_file_ignores:
        named = [(_named_by(pattern), codes) for pattern, codes in settings.per_file_ignores]
        for path in paths:
            codes = tuple(code for names, codes in named if names(path) for code in codes)
            found.update({path: codes} if codes else {})
    return found


def _named_by(pattern: str) -> Callable[[str], bool]:
    spec = patterns([pattern.removeprefix("!")], EVERYWHERE, None)
    return lambda path: matches(spec, path, False) is not pattern.startswith("!")
