"""`fsl check`: find, fix and report."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from fastapi_session_lint.cli.adoption import Adoption, Narrowing, adoption_flags, take_adoption
from fastapi_session_lint.cli.flags import Configured, setting_flags, take_settings
from fastapi_session_lint.cli.outputs import OutputFormat, Outputs, asked, write
from fastapi_session_lint.cli.progress import progress
from fastapi_session_lint.cli.watch import watch
from fastapi_session_lint.files import absolute
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.settings import OUTPUT_FORMATS

if TYPE_CHECKING:
    from fastapi_session_lint.cache.folder import Caching
    from fastapi_session_lint.configuration import Configurations
    from fastapi_session_lint.findings import Finding
    from fastapi_session_lint.report import Fixed
    from fastapi_session_lint.runner import Fixes, Sources
    from fastapi_session_lint.work import Work

STDIN = "-"
_MOST_JOBS = 61
"""Windows cannot wait for more processes at once."""
_CLEAN, _FOUND, _FAILED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a run that are not settings."""

    ignores_suppressions: bool
    stdin_filename: str | None
    does_fix: bool
    is_unsafe: bool
    fixes_only: bool
    shows_diff: bool
    shows_fixes: bool
    exits_non_zero_on_fix: bool
    exits_zero: bool
    is_quiet: bool
    is_verbose: bool
    shows_project: bool
    has_statistics: bool
    shows_settings: bool
    shows_files: bool
    color: str
    outputs: Outputs
    adoption: Adoption
    no_cache: bool
    cache_dir: str | None
    adds_ignores: bool
    reason: str | None
    jobs: int | None

    @property
    def makes_fixes(self) -> bool:
        """Whether fixes are made, be it only to show the difference."""
        return self.does_fix or self.fixes_only or self.shows_diff


def _flag(*names: str, text: str) -> Callable[[Any], Any]:
    return click.option(*names, is_flag=True, help=text)


def _jobs(_context: click.Context, _parameter: click.Parameter, value: str) -> int | None:
    """The number of processes, None for auto."""
    if value == "auto":
        return None
    if not value.isascii() or not value.isdigit() or not 0 < int(value) <= _MOST_JOBS:
        raise click.BadParameter(f"`{value}` is neither auto nor a number from 1 to {_MOST_JOBS}")
    return int(value)


@click.command(short_help="Check files and folders.")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@_flag("--fix", "does_fix", text="Apply the safe fixes.")
@_flag("--fix-only", "fixes_only", text="Apply fixes as --fix does, and report nothing of what is left.")
@_flag(
    "--diff", "shows_diff", text="Change nothing, and print what --fix would change; exit with 1 if there is anything."
)
@_flag("--show-fixes", "shows_fixes", text="List what was fixed, by file and rule.")
@_flag("--exit-non-zero-on-fix", "exits_non_zero_on_fix", text="Exit with 1 when anything was fixed.")
@click.option(
    "--output-format", "formats", multiple=True, type=OutputFormat(), metavar="FORMAT[=PATH]",
    help=f"The form of the report (full): {', '.join(OUTPUT_FORMATS)}. With =PATH one goes to a file.",
)  # fmt: skip
@click.option("--output-file", metavar="PATH", help="Write the report to a file in place of standard output.")
@_flag("--statistics", "has_statistics", text="Print how many findings each rule has.")
@setting_flags
@adoption_flags
@_flag("--exit-zero", "exits_zero", text="Exit with 0 although there are findings.")
@_flag("--ignore-suppressions", "ignores_suppressions", text="Report also what comments suppress.")
@_flag("--add-ignore", "adds_ignores", text="Write comments that suppress what is found.")
@click.option("--reason", metavar="TEXT", help="With --add-ignore, why: it is written into each comment.")
@click.option("--stdin-filename", metavar="PATH", help="With `-`, the file that standard input stands for.")
@_flag("--no-cache", "no_cache", text="Neither read nor write the cache.")
@click.option(
    "--cache-dir",
    metavar="FOLDER",
    envvar="FSL_CACHE_DIR",
    help="Where the cache lies (.fsl_cache beside each project); also FSL_CACHE_DIR.",
)
@click.option(
    "--jobs",
    metavar="N",
    default="auto",
    callback=_jobs,
    help="How many processes read and judge files: a number, or auto.",
)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Whether to use colours.")
@_flag("--show-project", "shows_project", text="Print what is understood of the project, and check nothing.")
@_flag("--show-settings", "shows_settings", text="Print the settings that hold for PATHS, and check nothing.")
@_flag("--show-files", "shows_files", text="Print the files that would be checked, and check nothing.")
@_flag("-w", "--watch", "watches", text="Check again whenever a file changes; needs fastapi-session-lint[watch].")
@_flag("-q", "--quiet", "is_quiet", text="Print findings only.")
@_flag("-v", "--verbose", "is_verbose", text="Say on standard error what is checked.")
@click.pass_obj
def check(
    terminal: Terminal,
    /,
    paths: tuple[str, ...],
    formats: tuple[tuple[str, str], ...],
    output_file: str | None,
    watches: bool,
    **others: Any,
) -> int:
    """Check the files and folders PATHS, `.` when there are none; `-` is standard input.

    The exit code is 0 when nothing is wrong, 1 when there are findings, 2 for an error.
    """
    configured = take_settings(others)
    outputs = asked(formats, output_file)
    adoption = take_adoption(others)
    if outputs.main is not None:
        configured.overrides["output_format"] = outputs.main
    names = paths or (".",)
    options = Options(**others, outputs=outputs, adoption=adoption, is_unsafe=False)
    run = functools.partial(_run, terminal, names, configured, options)
    if not watches:
        return run()
    if STDIN in names:
        raise click.UsageError("standard input cannot be watched")
    if adoption.writes_baseline or adoption.prunes_baseline:
        raise click.UsageError("a baseline is written once: leave out --watch")
    return watch(terminal, names, run)


def _run(terminal: Terminal, paths: Sequence[str], configured: Configured, options: Options) -> int:
    """Plan, check or fix, report; the exit code."""
    # `fsl --help` and mistakes in the arguments need not wait for the engine.
    from fastapi_session_lint import runner
    from fastapi_session_lint.cli.ignoring import check_ignoring, say_what_ruff_does
    from fastapi_session_lint.work import plan

    check_ignoring(options.adds_ignores, options.reason, is_alone=not (options.makes_fixes or STDIN in paths))
    started = time.perf_counter()
    given = _standard_input(paths, options)
    configurations = configured.configurations()
    work = plan(list(given) or paths, configurations, given)
    if options.shows_settings or options.shows_files:
        return _shown(terminal, paths, configurations, work, options)
    if not any(one.report for one in work):
        terminal.say("warning: no Python files found")
    options = replace(options, is_unsafe=any(one.settings.unsafe_fixes for one in work))
    sources = runner.Sources(given)
    form = work[0].settings.output_format if work else configured.overrides.get("output_format", "full")
    if options.shows_project:
        from fastapi_session_lint.cli.showing import show_project  # late, as few runs show anything

        show_project(terminal, runner.understand(work, sources), form, options.color)
        return _CLEAN
    with progress(terminal, sum(len(one.paths) for one in work), is_wanted=not options.is_quiet):
        fixes = _found(terminal, work, sources, form, options)
    if not options.is_quiet:
        say_what_ruff_does(terminal, work, sources)
    if options.is_verbose:
        _tell(terminal, work, time.perf_counter() - started)
    narrowing = Narrowing(terminal, options.adoption, work, sources)
    if options.adoption.writes_baseline:
        narrowing.write_baselines(fixes.remaining)
        return _FAILED if fixes.unwritten or _crashes(fixes) else _CLEAN
    fixes = replace(fixes, remaining=narrowing.narrowed(fixes.remaining))
    if options.shows_diff:
        from fastapi_session_lint.cli.fixing import show_diff  # late, as few runs show anything

        show_diff(terminal, fixes, _crashes(fixes), options)
    elif _write(terminal, form, fixes, sources, work, options):
        return _FAILED
    return _exit_code(work, fixes, options)


def _found(terminal: Terminal, work: Sequence[Work], sources: Sources, form: str, options: Options) -> Fixes:
    """What is found in the work, and what of it was fixed."""
    from fastapi_session_lint import runner
    from fastapi_session_lint.findings import Heeded

    heeded = Heeded.NONE if options.ignores_suppressions else Heeded.ALL
    if options.adds_ignores:
        from fastapi_session_lint.cli.ignoring import add_ignores

        return add_ignores(terminal, work, sources, options.reason)
    if not options.makes_fixes:
        with_sites = options.outputs.tell_fingerprints(form)
        caching, jobs = _caching(options), options.jobs
        found = runner.check(work, sources, heeded=heeded, caching=caching, jobs=jobs, with_sites=with_sites)
        return runner.Fixes((), tuple(found))
    from fastapi_session_lint.changing import fix  # a run that changes nothing does without

    writes = not options.shows_diff
    fixes = fix(work, sources, writes=writes, jobs=options.jobs, caching=_caching(options))
    if options.ignores_suppressions:
        return replace(fixes, remaining=tuple(runner.check(work, sources, heeded=heeded)))
    return fixes


def _caching(options: Options) -> Caching:
    from fastapi_session_lint.cache.folder import Caching  # late, for the reason above

    return Caching(not options.no_cache, absolute(options.cache_dir) if options.cache_dir else None)


def _shown(
    terminal: Terminal, paths: Sequence[str], configurations: Configurations, work: Iterable[Work], options: Options
) -> int:
    from fastapi_session_lint.cli.showing import show_files, show_settings  # late, as above

    if options.shows_settings:
        show_settings(terminal, paths, configurations, work)
    if options.shows_files:
        show_files(terminal, work)
    terminal.flush()
    return _CLEAN


def _standard_input(paths: Sequence[str], options: Options) -> dict[str, bytes]:
    """What is read from standard input, by the absolute path that it stands for; empty where files are named."""
    if STDIN not in paths:
        if options.stdin_filename is not None:
            raise click.UsageError("--stdin-filename belongs to `-`, standard input")
        return {}
    if len(paths) > 1:
        raise click.UsageError("`-` cannot be combined with other paths")
    return {absolute(options.stdin_filename or "<stdin>"): sys.stdin.buffer.read()}


def _tell(terminal: Terminal, work: Iterable[Work], seconds: float) -> None:
    """Say what was checked, and by which configuration."""
    for one in work:
        configuration = one.configuration.path or "none"
        terminal.say(
            f"{one.root}: {len(one.report)} of {len(one.paths)} files reported; configuration: {configuration}"
        )
    terminal.say(f"took {seconds:.2f} s")


def _write(
    terminal: Terminal, form: str, fixes: Fixes, sources: Sources, work: Iterable[Work], options: Options
) -> list[str]:
    """Write the reports, and give what could not be written.

    With `-` and --fix standard output is for the fixed text, and the report goes beside it.
    """
    from fastapi_session_lint.report import Report

    gives_text = options.makes_fixes and bool(sources.given)
    report = Report(
        _crashes(fixes) if options.fixes_only else fixes.remaining,
        sources.known,
        absolute("."),
        tuple({one.top for one in work}),
        fixed=_fixed(fixes, options),
        is_unsafe=options.is_unsafe,
        is_quiet=options.is_quiet,
        has_colors=terminal.has_colors(options.color),
        has_links=terminal.has_links(options.color),
        has_statistics=options.has_statistics,
        width=terminal.columns(),
    )
    if gives_text:
        terminal.write_bytes(b"".join(sources[path].data for path in sources.given))
    unwritten = write(terminal, form, options.outputs, report, beside=gives_text)
    for message in (*fixes.broken, *fixes.unwritten, *unwritten):
        terminal.say(f"error: {message}")
    return unwritten


def _fixed(fixes: Fixes, options: Options) -> Fixed | None:
    if not options.makes_fixes:
        return None
    from fastapi_session_lint.cli.fixing import fixed  # a run that changes nothing does without

    return fixed(fixes, options)


def _exit_code(work: Iterable[Work], fixes: Fixes, options: Options) -> int:
    """An error of ours or of the system counts most; what a finding counts is up to its file's configuration."""
    from fastapi_session_lint.findings import Severity

    if fixes.unwritten or _crashes(fixes):
        return _FAILED
    if options.exits_zero:
        return _CLEAN
    if fixes.applied and (options.shows_diff or options.exits_non_zero_on_fix):
        return _FOUND
    if options.shows_diff or options.fixes_only:
        return _CLEAN
    limits = {path: Severity(one.settings.fail_on).rank for one in work for path in one.report}
    fails = any(finding.severity.rank >= limits[finding.path] for finding in fixes.remaining)
    return _FOUND if fails else _CLEAN


def _crashes(fixes: Fixes) -> tuple[Finding, ...]:
    """The findings that tell of errors of ours."""
    from fastapi_session_lint.findings import INTERNAL_ERROR

    return tuple(finding for finding in fixes.remaining if finding.code == INTERNAL_ERROR)
