"""`fsl init`: take this tool up in a project."""

from __future__ import annotations

import os

import click

from fastapi_session_lint import files
from fastapi_session_lint.report.terminal import Terminal


@click.command(short_help="Write a configuration, and show what else to do.")
@click.argument("folder", default=".")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what would be written.")
@click.pass_obj
def init(terminal: Terminal, folder: str, is_dry: bool) -> int:
    """Write a configuration for the project in FOLDER, and print lines for pre-commit, CI, flake8 and Ruff.

    Only pyproject.toml gets a table, or a new fsl.toml the options; no other file is touched.
    """
    from fastapi_session_lint.introduction import plan_introduction  # `fsl check` does without
    from fastapi_session_lint.report.base import shown_path

    if not os.path.isdir(folder):  # noqa: PTH112 - paths are plain text
        raise files.MissingPath(f"{folder}: no such folder")
    plan = plan_introduction(files.absolute(folder))
    shown = shown_path(plan.path, files.absolute("."))
    if not plan.text:
        terminal.write(f"{shown} has a configuration already: left as it is.\n")
    elif is_dry:
        terminal.write(f"would write {shown}:\n\n{_indented(plan.text)}")
    else:
        _write(plan.path, plan.text)
        terminal.write(f"wrote {shown}\n")
    for one in plan.advice:
        terminal.write(f"\n{one.why}\n{one.where}:\n\n{_indented(one.lines)}")
    terminal.write(f"\nNext: `fsl check {'' if folder == '.' else folder}".rstrip() + "`")
    terminal.write("; where it finds more than can be mended now, `fsl check --write-baseline`.\n")
    return 0


def _write(path: str, text: str) -> None:
    """Put the file in place, whole or not at all. Raises click.ClickException."""
    try:
        if os.path.lexists(path):
            files.replace(path, files.read(path).data, text.encode())
        else:
            files.write(path, text.encode())
    except OSError as error:
        raise click.ClickException(f"{path}: not written: {files.reason(error)}") from error


def _indented(text: str) -> str:
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))
