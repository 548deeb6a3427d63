"""The options of the configuration that `fsl check` also takes as flags, made from the table of options."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from fastapi_session_lint.options import checked
from fastapi_session_lint.settings import Kind, Option, Place, Settings, options

if TYPE_CHECKING:
    from fastapi_session_lint.configuration import Configurations


class Configured(NamedTuple):
    """What a command line says of the configuration: options by field name, a file for everything, or no file."""

    overrides: dict[str, Any]
    path: str | None = None
    is_isolated: bool = False

    def configurations(self) -> Configurations:
        """The configuration of each folder. Raises InvalidSettings."""
        from fastapi_session_lint.configuration import Configurations  # `fsl --help` need not wait for this

        return Configurations(self.overrides, isolated=Settings() if self.is_isolated else None, path=self.path)


def setting_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: the command gets a flag for each option of the table that has one, and those for the rest."""
    function = click.option("--isolated", "is_isolated", is_flag=True, help="Read no configuration file.")(function)
    function = click.option(
        "--config",
        "configs",
        multiple=True,
        metavar="PATH|OPTION=VALUE",
        help="A configuration file that holds everywhere, or an option as TOML, such as 'select = [\"FSL1\"]'.",
    )(function)
    for option in reversed([one for one in options() if Place.COMMAND in one.declared.places]):
        function = _flag(option)(function)
    return function


def take_settings(arguments: MutableMapping[str, Any]) -> Configured:
    """Take what a command's arguments say of the configuration out of them.

    Raises click.UsageError and InvalidSettings.
    """
    names = [one.field for one in options() if Place.COMMAND in one.declared.places]
    given = {name: arguments.pop(name) for name in names}
    is_isolated = arguments.pop("is_isolated")
    path, values = _configs(arguments.pop("configs"))
    if path is not None and is_isolated:
        raise click.UsageError("--isolated reads no file: it cannot be combined with `--config PATH`")
    return Configured({**values, **{name: one for name, one in given.items() if one is not None}}, path, is_isolated)


def _configs(texts: Sequence[str]) -> tuple[str | None, dict[str, Any]]:
    """The file and the options that `--config` names."""
    paths: list[str] = []
    values: dict[str, Any] = {}
    for text in texts:
        found = _inline(text) if "=" in text and not os.path.exists(text) else None  # noqa: PTH110 - a path as text
        if found is None:
            paths.append(text)
        else:
            values.update(found)
    if len(paths) > 1:
        raise click.UsageError("`--config` can name one file only")
    return (paths[0] if paths else None), values


def _inline(text: str) -> dict[str, Any]:
    from fastapi_session_lint.option_files import read_text

    found = read_text(text)
    if found is None:
        raise click.UsageError(f"`--config`: `{text}` is no file, and no option as TOML, such as 'select = [\"FSL1\"]'")
    return found


def _flag(option: Option) -> Callable[[Any], Any]:
    kind, name = option.declared.kind, f"--{option.name}"
    attributes: Mapping[str, Any] = {"help": f"{option.summary}.", "callback": _checker(option)}
    if kind is Kind.FLAG:
        return click.option(f"{name}/--no-{option.name}", option.field, default=None, **attributes)
    if kind.is_list:
        return click.option(name, option.field, multiple=True, metavar=_METAVARS[kind], **attributes)
    if option.declared.words:
        return click.option(name, option.field, type=click.Choice(option.declared.words), **attributes)
    return click.option(name, option.field, metavar=_METAVARS[kind], **attributes)


_METAVARS = {
    Kind.CODES: "CODES",
    Kind.PATTERNS: "PATTERNS",
    Kind.FOLDERS: "FOLDERS",
    Kind.NAMES: "NAMES",
    Kind.VERSION: "VERSION",
}


def _checker(option: Option) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """A callback that gives the value in the form of its field; None when the flag was not given."""

    def check(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        if value is None or value == ():
            return None
        found = _split(value) if option.declared.kind.is_list else value
        if option.field == "select" and not found:  # a variable of the shell that is not set: all would pass
            raise click.UsageError("`--select` names no code")
        return checked(option, found, f"`--{option.name}`")

    return check


def _split(values: Sequence[str]) -> tuple[str, ...]:
    """The items of a flag that can be repeated and holds a list each time."""
    return tuple(item for value in values for one in value.split(",") if (item := one.strip()))
