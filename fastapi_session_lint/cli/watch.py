"""`fsl check --watch`: check again whenever a file changes."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH112

from __future__ import annotations

import gc
import os
import posixpath
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from fastapi_session_lint.files import MissingPath, absolute
from fastapi_session_lint.settings import InvalidSettings

if TYPE_CHECKING:
    from fastapi_session_lint.report.terminal import Terminal

_OTHERS = frozenset({"pyproject.toml", "fsl.toml", ".fsl.toml", ".gitignore", "setup.cfg", "requirements.txt"})
"""Files besides Python's that can change what is found."""

_PATIENCE = 250
"""Milliseconds after which the watcher says that nothing has changed."""


def watch(terminal: Terminal, paths: Sequence[str], check: Callable[[], int]) -> int:
    """Call `check` now and after each change, until it is interrupted. Raises click.UsageError, MissingPath."""
    try:
        import watchfiles  # an extra, and few runs need it
    except ImportError as error:
        hint = 'pip install "fastapi-session-lint[watch]"'
        raise click.UsageError(f"--watch needs watchfiles: {hint}") from error
    gc.enable()  # one run after the other: what the last one made is garbage in the next
    tops = _tops(paths)
    wanted = watchfiles.DefaultFilter()
    is_first = True
    # It begins to watch before it first gives something, be it nothing: no change is missed while we check.
    for changes in watchfiles.watch(
        *tops,
        watch_filter=lambda change, path: matters(path) and wanted(change, path),
        yield_on_timeout=True,
        rust_timeout=_PATIENCE,
    ):
        if is_first or changes:
            if not is_first:
                terminal.clear()
            is_first = False
            _check(terminal, check)
    return 0


def matters(path: str) -> bool:
    """Whether a change of this file can change what is found."""
    return path.endswith(".py") or posixpath.basename(path) in _OTHERS


def _check(terminal: Terminal, check: Callable[[], int]) -> None:
    """One run. What is wrong with the configuration or the paths is told, and may be mended while we watch."""
    try:
        check()
    except (InvalidSettings, MissingPath) as error:
        terminal.say(f"error: {error}")
    terminal.flush()
    terminal.say("watching for changes; Ctrl-C ends it")


def _tops(paths: Sequence[str]) -> list[str]:
    """The projects of the paths: what is found in a file depends on the others. Raises MissingPath."""
    from fastapi_session_lint.configuration import project_root

    tops = []
    for name in paths:
        path = absolute(name)
        if not os.path.lexists(path):
            raise MissingPath(f"{name}: no such file or folder")
        tops.append(project_root(path if os.path.isdir(path) else posixpath.dirname(path)) or path)
    return list(dict.fromkeys(tops))
