"""Rules of others: packages that the configuration names, found by their entry points and loaded only then."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fastapi_session_lint.options import did_you_mean
from fastapi_session_lint.selection import selected
from fastapi_session_lint.settings import InvalidSettings, Settings

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from fastapi_session_lint.rules.base import Rule

GROUP = "fastapi_session_lint.rules"
"""The group of the entry points. Each leads to a rule, or to several in a list or tuple."""


@functools.cache
def rules_of(plugins: tuple[str, ...]) -> tuple[Rule, ...]:
    """Our rules and those of the plugins, by code. Raises InvalidSettings for a plugin that cannot be used."""
    from fastapi_session_lint.rules import all_rules  # late: there are very many

    found = {rule.code: rule for rule in all_rules()}
    for name in plugins:
        for rule in _loaded(name):
            if rule.code in found:
                raise InvalidSettings(f"plugin `{name}`: {rule.code} is the code of two rules")
            found[rule.code] = rule
    return tuple(found[code] for code in sorted(found))


def wanted_codes(settings: Settings) -> frozenset[str]:
    """The codes that a run with these settings reports. Raises InvalidSettings."""
    from fastapi_session_lint.rules import defaults  # late, as above

    return selected(settings, defaults(rules_of(settings.plugins), with_preview=settings.preview))


def _loaded(name: str) -> Iterable[Rule]:
    from importlib.metadata import entry_points  # few configurations name a plugin

    known = {one.name: one for one in entry_points(group=GROUP)}
    if name not in known:
        raise InvalidSettings(f"no plugin `{name}` is installed{did_you_mean(name, known)}")
    rules = _load(known[name])
    return rules if isinstance(rules, list | tuple) else (rules,)


def _load(entry: EntryPoint) -> Any:
    """What the entry point leads to, held to the form of rules."""
    from fastapi_session_lint.rules.base import InvalidRule, Rule, validate_foreign

    try:
        found = entry.load()
    except (ImportError, AttributeError, SyntaxError) as error:
        raise InvalidSettings(f"plugin `{entry.name}` cannot be loaded: {error}") from error
    for rule in found if isinstance(found, list | tuple) else (found,):
        if not isinstance(rule, Rule):
            raise InvalidSettings(f"plugin `{entry.name}`: {entry.value} is no rule, and no list of rules")
        try:
            validate_foreign(rule)
        except InvalidRule as error:
            raise InvalidSettings(f"plugin `{entry.name}`: {error}") from error
    return found
