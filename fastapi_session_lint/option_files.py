"""One configuration file: its place, its TOML, and the table in it that is ours."""

# Paths stay plain text: they are many, and one spelling names a file everywhere.
# ruff: noqa: PTH113, PTH123

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from fastapi_session_lint import __version__
from fastapi_session_lint.files import reason
from fastapi_session_lint.options import parse
from fastapi_session_lint.settings import TABLE, InvalidSettings
from fastapi_session_lint.versions import version

SHARED = "pyproject.toml"
NAMES = (".fsl.toml", "fsl.toml", SHARED)
"""The files in which a folder's configuration may stand; the first that has one counts."""
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_table(path: str) -> dict[str, Any] | None:
    """The options in a configuration file, by field name and checked; None when there is no such file or table.

    A `pyproject.toml` has them in our table; any other file holds nothing else, or has that table too. Raises
    InvalidSettings.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise InvalidSettings(f"{path}: {reason(error)}") from error
    document = _load(path, data)
    tools = document.get("tool")
    table = tools.get(TABLE) if isinstance(tools, dict) else None
    if table is None:
        if posixpath.basename(path) == SHARED or "tool" in document:
            return None
        table = document
    if not isinstance(table, dict):
        raise InvalidSettings(f"{path}: `tool.{TABLE}` must be a table")
    return read_options(table, path)


def read_text(text: str) -> dict[str, Any] | None:
    """The options that `key = value` on a command line gives; None where the text is no such thing."""
    import tomllib

    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    if "extend" in table:
        raise InvalidSettings("`--config`: `extend` stands in a file")
    return read_options(table, "`--config`")


def read_options(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The options of a table, once it is sure that it is written for this version. Raises InvalidSettings."""
    required = table.get("required-version")
    if isinstance(required, str):
        _require(required, where)
    return parse(table, where)


def _require(required: str, where: str) -> None:
    from fastapi_session_lint.manifests.ranges import NoRange, admits, read_loose_range  # few configurations ask

    try:
        choices = read_loose_range(required)
    except NoRange as error:
        raise InvalidSettings(f"{where}: `required-version` must be a version range, as in >=0.1") from error
    if not admits(choices, version(__version__).release):
        raise InvalidSettings(f"{where}: needs fastapi-session-lint {required}; this is {__version__}")


def mentions_us(path: str) -> bool:
    """Whether a file can hold our options: it is ours alone, or names our table."""
    if posixpath.basename(path) != SHARED:
        return os.path.isfile(path)
    try:
        with open(path, "rb") as stream:
            return TABLE.encode() in stream.read()
    except OSError:
        return False


def _load(path: str, data: bytes) -> dict[str, Any]:
    import tomllib  # a run without any pyproject.toml need not wait for this import

    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        raise InvalidSettings(f"{path}: not valid UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings(f"{path}:{_broken_toml(str(error), data)}") from error
    except RecursionError as error:
        raise InvalidSettings(f"{path}: broken TOML: nested too deep") from error


def _broken_toml(message: str, data: bytes) -> str:
    """The message of tomllib with its place in front, as editors and terminals know it."""
    place = _TOML_PLACE.search(message)
    row, column = (place[1], place[2]) if place and place[1] else (data.count(b"\n") + 1, 1)
    return f"{row}:{column}: broken TOML: {_TOML_PLACE.sub('', message)}"
