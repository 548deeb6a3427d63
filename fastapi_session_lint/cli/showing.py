"""What a run would be, and checks nothing: its settings, its files, and what is understood of the project."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from fastapi_session_lint.configuration import Configuration, Configurations
from fastapi_session_lint.files import absolute
from fastapi_session_lint.inventory import Inventory
from fastapi_session_lint.option_pages import shown
from fastapi_session_lint.report.base import shown_path
from fastapi_session_lint.report.display import Palette, visible
from fastapi_session_lint.report.terminal import Terminal
from fastapi_session_lint.settings import options
from fastapi_session_lint.work import Work


def show_files(terminal: Terminal, work: Iterable[Work]) -> None:
    """Print the files that would be checked, a line each, in their order."""
    here = absolute(".")
    for path in sorted({path for one in work for path in one.report}):
        terminal.write(visible(shown_path(path, here)) + "\n")


def show_settings(
    terminal: Terminal, paths: Sequence[str], configurations: Configurations, work: Iterable[Work]
) -> None:
    """Print each configuration that holds for a path or for something below it, as TOML with absolute paths."""
    found = [configurations.of(_folder(absolute(path))) for path in paths]
    found += [one.configuration for one in work]
    separator = ""
    for configuration in dict.fromkeys(found):
        terminal.write(separator + "".join(_as_toml(configuration)))
        separator = "\n"


def show_project(terminal: Terminal, understood: Mapping[str, Inventory], form: str, color: str) -> None:
    """Print what is understood of each project, as JSON where that is the form of the report."""
    from fastapi_session_lint.report.project import render_json, render_text  # late: the other two do without

    palette = Palette(terminal.has_colors(color))
    for piece in render_json(understood) if form == "json" else render_text(understood, absolute("."), palette):
        terminal.write(piece)
    terminal.flush()


def _folder(path: str) -> str:
    return path if os.path.isdir(path) else posixpath.dirname(path)  # noqa: PTH112 - a path as text


def _as_toml(configuration: Configuration) -> Iterator[str]:
    yield f"# {visible(configuration.path or 'no configuration file')}\n"
    for one in options():
        value = shown(one, getattr(configuration.settings, one.field))
        yield f"# {one.name} is not set\n" if value is None else f"{one.name} = {value}\n"
