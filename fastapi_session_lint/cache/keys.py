"""The keys of cache entries: a digest of everything that what is kept under them was made from."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH100, PTH110, PTH116, PTH118, PTH120, PTH123

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import PathFinder

from fastapi_session_lint import __version__
from fastapi_session_lint.configuration import Configuration
from fastapi_session_lint.findings import Repair
from fastapi_session_lint.settings import Settings
from fastapi_session_lint.source import Source
from fastapi_session_lint.work import Work

MODELS = "models"
_SIZE = 16
_ONLY_SHOWN = frozenset({"output_format", "fail_on", "baseline", "cache_dir"})
"""Settings that say nothing about what is found."""


def digest_of(source: Source) -> str:
    """The digest of a file's content, or of why it has none."""
    told = source.data if source.problem is None else b"\0" + source.problem.encode(errors="surrogateescape")
    return hashlib.blake2b(told, digest_size=_SIZE).hexdigest()


def run_key(work: Work, digests: Sequence[str], *options: object) -> str:
    """The key of all findings of one piece of work.

    `digests` are those of its files, in their order, `options` what else the caller asked the engine for.
    """
    told = repr((_work(work), digests, options))
    return hashlib.blake2b(told.encode(errors="surrogateescape"), digest_size=_SIZE).hexdigest()


def record_key(work: Work) -> str:
    """The key of what the last run has judged of one piece of work, whatever was in its files."""
    return hashlib.blake2b(repr(_work(work)).encode(errors="surrogateescape"), digest_size=_SIZE).hexdigest()


def _work(work: Work) -> tuple[object, ...]:
    return tool(), [(name, _told(getattr(work, name))) for name in Work._fields]


def component_key(work: Work, members: Sequence[tuple[str, str, object]]) -> str:
    """The key of what is judged in a component: `members` are its files by path, key of the model, and imports."""
    paths = {path for path, _, _ in members}
    versions = [(path, repr(work.versions[path])) for path in sorted(paths & work.versions.keys())]
    asked = tool(), _told(work.configuration), work.paths, sorted(paths & work.report), versions, members
    return hashlib.blake2b(repr(asked).encode(errors="surrogateescape"), digest_size=_SIZE).hexdigest()


def model_key(source: Source, names: frozenset[str]) -> str:
    """The key of what a source says by itself; of the injected names of its project those that it mentions count."""
    mentioned = [name for name, encoded in _encoded(names) if encoded in source.data]
    is_package = source.path.endswith("/__init__.py")
    digest = hashlib.blake2b(digest_size=_SIZE)
    digest.update(repr((tool(), is_package, source.problem, mentioned)).encode())
    digest.update(source.data)
    return digest.hexdigest()


@functools.lru_cache(maxsize=8)
def _encoded(names: frozenset[str]) -> list[tuple[str, bytes]]:
    return [(name, name.encode()) for name in sorted(names)]


def fixes_key(source: Source, repairs: Sequence[Repair]) -> str:
    """The key of the fixes for some repairs of a file."""
    digest = hashlib.blake2b(digest_size=_SIZE)
    digest.update(repr((tool(), [dataclasses.astuple(one) for one in repairs])).encode(errors="surrogateescape"))
    digest.update(source.data)
    return digest.hexdigest()


def _told(value: object) -> object:
    """What a field of the work says, in a form that is the same every time."""
    match value:
        case Configuration():
            return value.folder, value.path, _asked(value.settings)
        case Mapping():
            return [(key, repr(value[key])) for key in sorted(value)]
        case frozenset():
            return sorted(value)
    return value


def _asked(settings: Settings) -> list[tuple[str, object]]:
    counting = (one.name for one in dataclasses.fields(settings) if one.name not in _ONLY_SHOWN)
    return [(name, getattr(settings, name)) for name in counting]


@functools.cache
def tool() -> str:
    """A digest of what reads and judges: this tool, its parser and Python, each by its version."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    is_checkout = os.path.exists(os.path.join(os.path.dirname(package), "pyproject.toml"))
    told = repr((__version__, _state(package) if is_checkout else "", _parser(), sys.version))
    return hashlib.blake2b(told.encode(errors="surrogateescape"), digest_size=_SIZE).hexdigest()


def _state(package: str) -> list[tuple[str, int, int]]:
    """The files of the package as they are now: who works on the tool changes it without changing its version."""
    found = []
    for folder, _, names in os.walk(package):
        for name in names:
            if name.endswith(".py"):
                path = os.path.join(folder, name)
                status = os.stat(path)
                found.append((path, status.st_mtime_ns, status.st_size))
    return sorted(found)


def _parser() -> bytes:
    """The file in which libcst keeps its version: to import it, or its metadata, takes far too long."""
    spec = PathFinder.find_spec("libcst")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        try:
            with open(os.path.join(folder, "_version.py"), "rb") as stream:
                return stream.read()
        except OSError:
            continue
    return b""
