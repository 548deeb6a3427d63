"""`fsl check`: find, fix and report."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from fastapi_session_lint.files import absolute
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.settings import choices

if TYPE_CHECKING:
    from fastapi_session_lint.findings import Finding
    from fastapi_session_lint.report import Report
    from fastapi_session_lint.runner import Fixes, Sources
    from fastapi_session_lint.work import Work

STDIN = "-"
_CLEAN, _FOUND, _FAILED = 0, 1, 2
_INTERNAL_ERROR = "FSL903"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run that are not settings."""

    is_isolated: bool
    stdin_filename: str | None
    does_fix: bool
    is_unsafe: bool
    exits_zero: bool
    is_quiet: bool
    is_verbose: bool
    color: str


def _codes(_context: click.Context, _parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...] | None:
    """The codes of an option that can be repeated and holds a list each time; None when it was not given."""
    return tuple(code for value in values for one in value.split(",") if (code := one.strip())) if values else None


def _selector(name: str, text: str) -> Callable[[Any], Any]:
    return click.option(name, multiple=True, metavar="CODES", callback=_codes, help=text)


def _word(name: str, text: str) -> Callable[[Any], Any]:
    """An option that takes one of the words of the setting of its name."""
    words = choices(name.removeprefix("--").replace("-", "_"))
    return click.option(name, type=click.Choice(words), help=text)


def _flag(*names: str, text: str) -> Callable[[Any], Any]:
    return click.option(*names, is_flag=True, help=text)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@_flag("--fix", "does_fix", text="Apply the safe fixes.")
@_flag("--unsafe-fixes", "is_unsafe", text="With --fix, also apply fixes that may change behaviour.")
@_word("--output-format", "The form of the report (full).")
@_selector("--select", "Codes or prefixes to report, separated by commas; ALL is every rule.")
@_selector("--ignore", "Codes or prefixes to leave out.")
@_selector("--extend-select", "Codes or prefixes to add to the selection.")
@_word("--fail-on", "The least severity that makes the exit code 1 (warning).")
@_flag("--exit-zero", "exits_zero", text="Exit with 0 although there are findings.")
@_flag("--isolated", "is_isolated", text="Read no configuration file.")
@_flag("--force-exclude", "force_exclude", text="Leave out excluded files even when they are named here.")
@click.option("--stdin-filename", metavar="PATH", help="With `-`, the file that standard input stands for.")
@_flag("--no-cache", "no_cache", text="Neither read nor write the cache.")
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Whether to use colours.")
@_flag("-q", "--quiet", "is_quiet", text="Print findings only.")
@_flag("-v", "--verbose", "is_verbose", text="Say on standard error what is checked.")
@click.pass_obj
def check(
    terminal: Terminal,
    paths: tuple[str, ...],
    select: tuple[str, ...] | None,
    ignore: tuple[str, ...] | None,
    extend_select: tuple[str, ...] | None,
    output_format: str | None,
    fail_on: str | None,
    force_exclude: bool,
    no_cache: bool,  # noqa: ARG001 - there is no cache yet; scripts may say this from the start
    **others: Any,
) -> int:
    """Check the files and folders PATHS, `.` when there are none; `-` is standard input.

    The exit code is 0 when nothing is wrong, 1 when there are findings, 2 for an error.
    """
    settings = {
        "select": select,
        "ignore": ignore,
        "extend_select": extend_select,
        "output_format": output_format,
        "fail_on": fail_on,
        "force_exclude": force_exclude or None,
    }
    overrides = {name: value for name, value in settings.items() if value is not None}
    return _run(terminal, paths or (".",), overrides, Options(**others))


def _run(terminal: Terminal, paths: Sequence[str], overrides: Mapping[str, Any], options: Options) -> int:
    """Plan, check or fix, report; the exit code."""
    # `fsl --help` and mistakes in the arguments need not wait for the engine.
    from fastapi_session_lint.configuration import Configurations
    from fastapi_session_lint.runner import Sources, check, fix
    from fastapi_session_lint.settings import Settings
    from fastapi_session_lint.work import plan

    started = time.perf_counter()
    given = _standard_input(paths, options)
    configurations = Configurations(overrides, isolated=Settings() if options.is_isolated else None)
    work = plan(list(given) or paths, configurations, given)
    sources = Sources(given)
    if not any(one.report for one in work):
        terminal.say("warning: no Python files found")
    fixes: Fixes | None = None
    if options.does_fix:
        fixes = fix(work, sources, unsafe=options.is_unsafe)
        findings = list(fixes.remaining)
    else:
        findings = check(work, sources)
    _tell(terminal, work, options, time.perf_counter() - started)
    _report(terminal, _material(terminal, findings, sources, fixes, options), work, configurations, given)
    return _exit_code(findings, work, fixes, options)
