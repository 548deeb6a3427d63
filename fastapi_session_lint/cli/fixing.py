"""What fixes have done to a run's findings and files, or would do: the count, and the difference."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastapi_session_lint.files import absolute
from fastapi_session_lint.findings import Finding
from fastapi_session_lint.report import Fixed
from fastapi_session_lint.report.diff import render, render_colored
from fastapi_session_lint.report.summary import fixed_alone, unsafe_left
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.runner import Fixes

if TYPE_CHECKING:
    from fastapi_session_lint.cli.check import Options


def fixed(fixes: Fixes, options: Options) -> Fixed:
    """What was fixed, and how it is told."""
    left = unsafe_left(fixes.remaining, is_unsafe=options.is_unsafe)
    return Fixed(fixes.applied, options.fixes_only, options.shows_fixes, left)


def show_diff(terminal: Terminal, fixes: Fixes, crashes: Iterable[Finding], options: Options) -> None:
    """Print the difference, and beside it how many findings would be fixed and what went wrong."""
    if terminal.has_colors(options.color):
        for line in render_colored(fixes.changed, absolute(".")):
            terminal.write(line)
    else:
        terminal.write_bytes(b"".join(render(fixes.changed, absolute("."))))
    if not options.is_quiet:
        terminal.say(fixed_alone(fixed(fixes, options), "Would fix"))
    crashed = (f"{one.path}: {one.message}" for one in crashes)
    for message in (*fixes.broken, *crashed):
        terminal.say(f"error: {message}")
