"""`fsl check --add-ignore`, and the hint about comments that Ruff would take out."""

from __future__ import annotations

from collections.abc import Sequence

import click

from fastapi_session_lint.hints import ruff_hint
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.runner import Fixes, Sources
from fastapi_session_lint.work import Work


def check_ignoring(adds: bool, reason: str | None, *, is_alone: bool) -> None:
    """Hold --add-ignore and --reason to what makes sense. Raises click.UsageError."""
    if reason is not None and not adds:
        raise click.UsageError("--reason belongs to --add-ignore")
    if reason is not None and (not reason.strip() or not reason.isprintable() or "#" in reason):
        raise click.UsageError("--reason must be one line of text without `#`")
    if adds and not is_alone:
        raise click.UsageError("--add-ignore cannot be combined with fixes or standard input")


def add_ignores(terminal: Terminal, work: Sequence[Work], sources: Sources, reason: str | None) -> Fixes:
    """Write the comments, say how many findings they suppress, and give what is left."""
    from fastapi_session_lint.changing import add_ignores as write_ignores  # late: most runs write nothing

    done = write_ignores(work, sources, reason.strip() if reason else None)
    findings = "1 finding" if done.suppressed == 1 else f"{done.suppressed} findings"
    terminal.say(f"suppressed {findings} in {done.changed} file{'' if done.changed == 1 else 's'}")
    return Fixes((), done.remaining, (), done.unwritten)


def say_what_ruff_does(terminal: Terminal, work: Sequence[Work], sources: Sources) -> None:
    """Say once, on standard error, that Ruff is set up to take out comments that are meant for us."""
    hint = ruff_hint(work, sources)
    if hint is not None:
        terminal.say(f"hint: {hint}")
