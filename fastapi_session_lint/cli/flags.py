"""The options of the configuration that `fsl check` also takes as flags, made from the table of options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

import click

from fastapi_session_lint.options import checked
from fastapi_session_lint.settings import Kind, Option, Place, options


def setting_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator: the command gets a flag for each option of the table that has one."""
    for option in reversed([one for one in options() if Place.COMMAND in one.declared.places]):
        function = _flag(option)(function)
    return function


def take_settings(arguments: MutableMapping[str, Any]) -> dict[str, Any]:
    """Take out of a command's arguments the options that were given, by field name."""
    names = [one.field for one in options() if Place.COMMAND in one.declared.places]
    given = {name: arguments.pop(name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


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
        return checked(option, found, f"`--{option.name}`")

    return check


def _split(values: Sequence[str]) -> tuple[str, ...]:
    """The items of a flag that can be repeated and holds a list each time."""
    return tuple(item for value in values for one in value.split(",") if (item := one.strip()))
