"""Reading options: what a configuration says, held to the table, with the nearest name for a mistyped one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi_session_lint.findings import Severity
from fastapi_session_lint.settings import InvalidSettings, Kind, Option, options

SEVERITIES = tuple(Severity)
_VERSION = re.compile(r"\d+(\.\d+)*\w*")


def parse(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The options of one configuration table, by field name, checked for name and type.

    `where` names the table's file in messages. Raises InvalidSettings, naming the nearest known key.
    """
    known = {one.name: one for one in options()}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise InvalidSettings(f"{where}: unknown key `{key}`{did_you_mean(key, known)}")
        values[known[key].field] = checked(known[key], value, f"{where}: `{key}`")
    return values


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about a word that is not known: the nearest one that is; empty when none is near."""
    import difflib  # late: it is for those who mistype

    near = difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def choices(option: str) -> tuple[str, ...]:
    """The words that an option, by its field name, may be; empty where it is not such an option."""
    return next(one.declared.words for one in options() if one.field == option)


def checked(option: Option, value: Any, what: str) -> Any:
    """A value in the form of its option's field; `what` names it in messages. Raises InvalidSettings."""
    kind, words = option.declared.kind, option.declared.words
    if kind.is_list:
        return _strings(value, what)
    if kind is Kind.FLAG:
        if isinstance(value, bool):
            return value
        raise InvalidSettings(f"{what} must be true or false")
    if kind is Kind.CODES_BY_PATTERN:
        return tuple((key, _strings(one, f"{what}: `{key}`")) for key, one in _table(value, what).items())
    if kind is Kind.SEVERITIES:
        return tuple((key, _word(one, SEVERITIES, f"{what}: `{key}`")) for key, one in _table(value, what).items())
    if not isinstance(value, str):
        raise InvalidSettings(f"{what} must be a string")
    if kind is Kind.VERSION and not _VERSION.fullmatch(value):
        example = option.declared.example.strip('"')
        raise InvalidSettings(f"{what} must be a version, as in {example}")
    return _word(value, words, what) if words else value


def _word(value: Any, words: tuple[str, ...], what: str) -> str:
    if isinstance(value, str) and value in words:
        return value
    raise InvalidSettings(f"{what} must be one of {', '.join(words)}{did_you_mean(str(value), words)}")


def _table(value: Any, what: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise InvalidSettings(f"{what} must be a table")


def _strings(value: Any, what: str) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise InvalidSettings(f"{what} must be a list of strings")
