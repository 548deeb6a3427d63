"""The rules: one file each, found by walking this folder; adding one touches no list."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Iterable

from fastapi_session_lint.rules.base import InvalidRule, Rule, validate

_RULE_FILE = re.compile(r"fsl\d{3}_")


def defaults(rules: Iterable[Rule], *, with_preview: bool) -> dict[str, bool | None]:
    """Whether each code is on by default; None for one that cannot be selected, as it is still in preview."""
    return {rule.code: rule.default if with_preview or not rule.preview else None for rule in rules}


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code. Raises base.InvalidRule when one breaks the form or two share a code."""
    found: dict[str, Rule] = {}
    for module in pkgutil.iter_modules(__path__):
        if not _RULE_FILE.match(module.name):
            continue
        rule: Rule = importlib.import_module(f"{__name__}.{module.name}").RULE
        validate(rule)
        if rule.code in found:
            raise InvalidRule(f"{rule.code} is the code of two rules")
        found[rule.code] = rule
    return tuple(found[code] for code in sorted(found))
