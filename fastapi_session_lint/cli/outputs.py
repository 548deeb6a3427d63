"""Where reports go: one form to standard output or to `--output-file`, and others to files of their own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from fastapi_session_lint import files
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.settings import OUTPUT_FORMATS

if TYPE_CHECKING:
    from fastapi_session_lint.report import Report

FINGERPRINTED = frozenset({"json", "json-lines", "sarif", "gitlab"})
"""The forms that tell what findings are known by, which is found out together with these."""


class Outputs(NamedTuple):
    """The forms that a command line asks for: `main` is None where the configuration decides.

    `file` is what takes the place of standard output; `others` are forms with their files.
    """

    main: str | None = None
    file: str | None = None
    others: tuple[tuple[str, str], ...] = ()

    def tell_fingerprints(self, form: str) -> bool:
        """Whether any of the reports, of which the main one has a form, tells what findings are known by."""
        return not FINGERPRINTED.isdisjoint({form, *(other for other, _ in self.others)})


class OutputFormat(click.ParamType):  # type: ignore[type-arg] # it has no parameters before click 8.4
    """A form, or `form=path`."""

    name = "format"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> tuple[str, str]:
        """The form and its file, which is empty for standard output."""
        form, equals, path = str(value).partition("=")
        if form not in OUTPUT_FORMATS:
            import difflib  # late: it is for those who mistype

            near = next(iter(difflib.get_close_matches(form, OUTPUT_FORMATS, 1)), None)
            hint = f"; did you mean `{near}`?" if near else ""
            self.fail(f"`{form}` is none of {', '.join(OUTPUT_FORMATS)}{hint}", parameter, context)
        if equals and not path:
            self.fail(f"`{value}` names no file", parameter, context)
        return form, path

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """The forms that begin with what is typed."""
        del context, parameter
        return [click.shell_completion.CompletionItem(one) for one in OUTPUT_FORMATS if one.startswith(incomplete)]


def asked(formats: Iterable[tuple[str, str]], file: str | None) -> Outputs:
    """What the values of `--output-format` and `--output-file` ask for; the last form without a file counts."""
    pairs = list(formats)
    main = [form for form, path in pairs if not path]
    return Outputs(main[-1] if main else None, file, tuple((form, path) for form, path in pairs if path))


def write(terminal: Terminal, form: str, outputs: Outputs, report: Report, *, beside: bool = False) -> list[str]:
    """Write every report, and give a line for each that could not be written.

    With `beside` the main one goes to standard error, since standard output has something else.
    """
    targets = [*outputs.others] if outputs.file is None else [(form, outputs.file), *outputs.others]
    failures = list(_write_files(targets, report))
    if outputs.file is None:
        for piece in _pieces(form, report):
            if beside:
                terminal.note(piece)
            else:
                terminal.write(piece)
    terminal.flush()
    return failures


def _write_files(targets: Sequence[tuple[str, str]], report: Report) -> Iterable[str]:
    plain = dataclasses.replace(report, has_colors=False, has_links=False, width=None)
    for form, path in targets:
        text = "".join(_pieces(form, plain))
        try:
            files.write(path, text.encode(errors="backslashreplace"))
        except OSError as error:
            yield f"{path}: not written: {files.reason(error)}"


def _pieces(form: str, report: Report) -> Iterable[str]:
    from fastapi_session_lint.report import form as render_of  # each form is imported when it is asked for

    if report.has_statistics:
        from fastapi_session_lint.report.statistics import render

        return render(report, form)
    return render_of(form)(report)
