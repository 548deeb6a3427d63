"""What a test tells of a name that a path has just given a number or a text: `if status >= 400` and the like."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from fastapi_session_lint.flow.states import State, fact
from fastapi_session_lint.model.expressions import Collection, Compare, Constant, Expression, dotted

_MARK = "#"
_PLAIN = re.compile(r"[\w.-]{1,40}")
"""What can stand in a fact: numbers, and texts that are codes rather than sentences."""
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def known_as(value: Expression) -> str | None:
    """The fact that a name has a literal; None for one that is falsy, or cannot be kept."""
    match value:
        case Constant("number", str(text), _) if text.isdigit() and int(text):
            return f"{_MARK}{text}"
        case Constant("text", str(text), _) if _PLAIN.fullmatch(text):
            return f"{_MARK}'{text}"
    return None


def is_literal(known: str) -> bool:
    """Whether a fact is that of a literal, which is something, and true."""
    return known.startswith(_MARK)


def compared(test: Expression) -> str | None:
    """The name that a test compares with literals."""
    match test:
        case Compare(left, order, Constant("number" | "text")) if order in _ORDERS:
            return dotted(left)
        case Compare(left, "in" | "not in", Collection(_, items)) if all(known_as(one) for one in items):
            return dotted(left)
    return None


def told(state: State, test: Expression) -> bool | None:
    """Whether a test holds by the literal that a name has; None where that is not known."""
    name = compared(test)
    known = fact(state, name) if name is not None else None
    if known is None or not is_literal(known) or not isinstance(test, Compare):
        return None
    if isinstance(test.right, Collection):
        return (known in map(known_as, test.right.items)) == (test.operator == "in")
    asked = known_as(test.right)
    if asked is None or _kind(asked) != _kind(known):
        return None
    return _ORDERS[test.operator](_value(known), _value(asked))


def _kind(known: str) -> bool:
    return known[1] == "'"


def _value(known: str) -> int | str:
    return known[2:] if _kind(known) else int(known[1:])
